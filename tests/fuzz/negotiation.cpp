#include "server/preview/negotiation.h"

#include <algorithm>
#include <cstdio>

#include "common/text.h"
#include "server/preview/accept.h"
#include "server/preview/languages.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace tigress::fuzz {
namespace {

using namespace preview;

std::string textOf(const MediaRange& range) {
  char weight[32] = {};
  std::snprintf(weight, sizeof weight, "%d.%03d", range.weight / 1000, range.weight % 1000);
  return range.type + "/" + range.subtype + (range.parameters ? ";a=\"b,\\\"\"" : "") + ";q=" + weight;
}

std::string textOf(const std::vector<MediaRange>& ranges) {
  std::string text;
  for (const MediaRange& range : ranges) text += (text.empty() ? "" : ", ") + textOf(range);
  return text;
}

void checkAccept(std::string_view field) {
  const auto ranges = parseAccept(field);
  if (!ranges) return;
  for (const MediaRange& range : *ranges) {
    promise(range.weight >= 0 && range.weight <= 1000, "a weight is from 0 to 1");
    promise(isToken(range.type) && isToken(range.subtype), "a media type is two tokens");
    promise(asciiLower(range.type) == range.type && asciiLower(range.subtype) == range.subtype,
            "in lower case");
  }
  const auto again = parseAccept(textOf(*ranges));
  promise(again && textOf(*again) == textOf(*ranges), "what was read can be written and read again");
}

// The lines of the input: Accept, User-Agent, the query, Sec-Fetch-Mode, Accept-Language.
struct Visitor {
  explicit Visitor(std::string_view bytes) {
    for (std::string_view* line : {&accept, &agent, &query, &mode, &language}) {
      const std::size_t end = std::min(bytes.find('\n'), bytes.size());
      *line = bytes.substr(0, end);
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
  }
  Headers headers() const {
    Headers fields;
    if (!accept.empty()) fields.add("Accept", std::string(accept));
    if (!agent.empty()) fields.add("User-Agent", std::string(agent));
    if (!mode.empty()) fields.add("Sec-Fetch-Mode", std::string(mode));
    return fields;
  }
  Face face(const Headers& headers) const { return chooseFace({"GET", "/", headers, ""}, query); }

  std::string_view accept;
  std::string_view agent;
  std::string_view query;
  std::string_view mode;
  std::string_view language;
};

void checkFace(const Visitor& visitor) {
  const Headers headers = visitor.headers();
  const Face face = visitor.face(headers);
  const auto format = queryParameter(visitor.query, "format");
  promise(format != "json" || face == Face::json, "who asks for JSON by the query gets it");
  promise(format != "html" || face == Face::page, "and who asks for the page");
  if (format == "json" || format == "html") return;
  Headers wallet = headers;
  wallet.add("Mailbox-Device-Claim", "x");
  promise(visitor.face(wallet) == Face::json, "a wallet is never given the page");

  const auto ranges = parseAccept(visitor.accept);
  if (!ranges) return;
  std::vector<MediaRange> turned(ranges->rbegin(), ranges->rend());
  Headers reordered = headers;
  reordered.set("Accept", textOf(turned));
  promise(visitor.face(reordered) == face, "the order in which media types stand says nothing");
  Headers lines = headers;
  lines.remove("Accept");
  for (const MediaRange& range : *ranges) lines.add("Accept", textOf(range));
  promise(visitor.face(lines) == face, "nor on how many lines they stand");
}

void checkAgent(std::string_view agent) {
  const UserAgents& agents = UserAgents::shipped();
  const AgentKind kind = agents.classify(agent);
  promise(agents.classify(asciiLower(agent)) == kind, "case makes no difference");
  promise(agents.classify(agent.substr(0, 512)) == kind, "what follows 512 bytes is not looked at");
  static const UserAgents more({"Zebra"});
  promise(more.classify("a zebra/1") == AgentKind::previewer, "an operator's word is heard");
  if (kind == AgentKind::previewer) promise(more.classify(agent) == kind, "and takes nobody else's");
}

}  // namespace

void negotiation(std::string_view bytes) {
  const Visitor visitor(bytes);
  checkAccept(visitor.accept);
  checkFace(visitor);
  checkAgent(visitor.agent);
  static const Languages languages("en");
  const Language& language = languages.choose(visitor.language);
  promise(
      std::any_of(languages.begin(), languages.end(), [&](const Language& one) { return &one == &language; }),
      "a language that we have");
}

}  // namespace tigress::fuzz
