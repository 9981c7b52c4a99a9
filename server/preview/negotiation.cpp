#include "server/preview/negotiation.h"

#include <algorithm>
#include <optional>

#include "common/text.h"
#include "server/preview/accept.h"

namespace tigress::preview {
namespace {

// Headers that only a wallet (or a WebDAV client with credentials) sends.
constexpr std::string_view kWalletHeaders[] = {"Mailbox-Device-Claim", "Authorization"};

std::optional<Face> faceByFormat(std::string_view query) {
  const auto format = queryParameter(query, "format");
  if (format == "json") return Face::json;
  if (format == "html") return Face::page;
  return std::nullopt;
}

bool asksAsWallet(const Headers& headers) {
  // Windows asks so for the source of a resource instead of a rendering of it.
  return equalsIgnoreCase(trimmed(headers.get("Translate")), "f") ||
         std::any_of(std::begin(kWalletHeaders), std::end(kWalletHeaders),
                     [&](std::string_view name) { return headers.has(name); });
}

std::optional<Face> faceByAccept(const Headers& headers) {
  const auto accept = headers.joined("Accept");
  if (!accept) return std::nullopt;
  const auto ranges = parseAccept(*accept);
  if (!ranges || ranges->empty()) return std::nullopt;

  const Preference json = preferenceFor(*ranges, "application", "json");
  Preference page = preferenceFor(*ranges, "text", "html");
  if (page.specificity < 3) {
    // The page is HTML, but who names XHTML wants a page: it stands in where HTML is not named itself.
    const Preference xhtml = preferenceFor(*ranges, "application", "xhtml+xml");
    if (xhtml.specificity == 3 && xhtml.weight >= page.weight) page = xhtml;
  }

  if (page.weight != json.weight) return page.weight > json.weight ? Face::page : Face::json;
  if (page.specificity == json.specificity) return std::nullopt;
  // With q=0 on both sides the closer range is the firmer refusal.
  const bool pageIsCloser = page.specificity > json.specificity;
  return pageIsCloser == (page.weight > 0) ? Face::page : Face::json;
}

Face faceByAgent(const Headers& headers, const UserAgents& agents) {
  const AgentKind kind = agents.classify(headers.get("User-Agent"));
  if (kind == AgentKind::previewer) return Face::page;
  if (const auto mode = headers.find("Sec-Fetch-Mode")) {
    return equalsIgnoreCase(trimmed(*mode), "navigate") ? Face::page : Face::json;
  }
  return kind == AgentKind::generic ? Face::page : Face::json;
}

}  // namespace

Face chooseFace(const Request& request, std::string_view query, const UserAgents& agents) {
  if (const auto face = faceByFormat(query)) return *face;
  if (asksAsWallet(request.headers)) return Face::json;
  if (const auto face = faceByAccept(request.headers)) return *face;
  return faceByAgent(request.headers, agents);
}

}  // namespace tigress::preview
