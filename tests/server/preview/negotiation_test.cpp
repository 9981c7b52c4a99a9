#include "server/preview/negotiation.h"

#include <fstream>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/catch.h"

namespace tigress::preview {
namespace {

constexpr char kFirefox[] = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";
constexpr char kCurl[] = "curl/7.88.1";
constexpr char kDiscord[] = "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)";

Request get(Headers headers) {
  return {"GET", "/v1/2e8b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55/share.json", std::move(headers), {}};
}

Face faceFor(Headers headers, std::string_view query = "v=c") {
  return chooseFace(get(std::move(headers)), query);
}

// By Accept alone, for an agent that would get the other face without it.
Face faceForAccept(std::string accept, std::string agent = kCurl) {
  return faceFor({{"Accept", std::move(accept)}, {"User-Agent", std::move(agent)}});
}

// The pieces of a cell between " | " or " || "; none of a cell that says there is no such header.
std::vector<std::string> cellParts(std::string_view cell, std::string_view separator) {
  std::vector<std::string> parts;
  if (cell == "-") return parts;
  for (;;) {
    const std::size_t end = cell.find(separator);
    parts.emplace_back(cell.substr(0, end));
    if (end == std::string_view::npos) return parts;
    cell.remove_prefix(end + separator.size());
  }
}

}  // namespace
}  // namespace tigress::preview

namespace Catch {
template <>
struct StringMaker<tigress::preview::Face> {
  static std::string convert(tigress::preview::Face face) {
    return face == tigress::preview::Face::json ? "json" : "page";
  }
};
}  // namespace Catch

namespace tigress::preview {

TEST_CASE("every agent of the table gets its face, for GET and HEAD, at every URL of a share") {
  std::ifstream table(TIGRESS_SOURCE_DIR "/tests/vectors/user_agents.tsv");
  REQUIRE(table);
  int rows = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line.front() == '#') continue;
    ++rows;
    const std::vector<std::string_view> cells = split(line, '\t');
    INFO(line);
    REQUIRE(cells.size() == 7);
    REQUIRE((cells[1] == "GET" || cells[1] == "HEAD"));
    REQUIRE((cells[5] == "page" || cells[5] == "json"));
    REQUIRE((startsWith(cells[6], "recorded ") || startsWith(cells[6], "published") || cells[6] == "made"));
    Headers headers;
    if (cells[2] != "-") headers.add("User-Agent", std::string(cells[2]));
    for (const std::string& other : cellParts(cells[4], " | ")) {
      const std::size_t colon = other.find(": ");
      REQUIRE(colon != std::string::npos);
      headers.add(other.substr(0, colon), other.substr(colon + 2));
    }
    std::vector<Headers> variants;
    if (cells[3] == "?") {
      variants = {headers, headers};
      variants.back().add("Accept", "*/*");
    } else {
      for (const std::string& accept : cellParts(cells[3], " || ")) headers.add("Accept", accept);
      variants = {headers};
    }
    for (const Headers& sent : variants) {
      for (const char* method : {"GET", "HEAD"}) {
        for (const char* target : {"/v1/2e8b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55/share.json?v=c",
                                   "/v1/2e8b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55/?v=c",
                                   "/v1/m/2e8b1c1e-6f0a-4f83-9b3a-0d9a0c1f7a55?v=c"}) {
          CHECK(chooseFace({method, target, sent, {}}, "v=c") ==
                (cells[5] == "page" ? Face::page : Face::json));
        }
      }
    }
  }
  CHECK(rows >= 150);
}

TEST_CASE("format in the query decides before everything else") {
  const Headers wallet{{"Accept", "application/json"}, {"Translate", "f"}, {"Authorization", "Bearer x"}};
  CHECK(faceFor(wallet, "format=html") == Face::page);
  CHECK(faceFor(wallet, "v=c&format=html") == Face::page);
  CHECK(faceFor({{"Accept", "text/html"}, {"User-Agent", kFirefox}}, "v=c&format=json") == Face::json);
  CHECK(faceFor({{"User-Agent", kDiscord}}, "format=%6Ason") == Face::json);
}

TEST_CASE("an unknown format decides nothing") {
  CHECK(faceFor({{"Accept", "text/html"}}, "format=xml") == Face::page);
  CHECK(faceFor({{"Accept", "application/json"}}, "format=") == Face::json);
  CHECK(faceFor({{"Accept", "application/json"}}, "format=%zz") == Face::json);
  CHECK(faceFor({{"Accept", "application/json"}}, "informat=html") == Face::json);
}

TEST_CASE("Translate: f asks for the share itself") {
  CHECK(faceFor({{"Accept", "text/html"}, {"Translate", "f"}}) == Face::json);
  CHECK(faceFor({{"Accept", "text/html"}, {"Translate", "F "}}) == Face::json);
  CHECK(faceFor({{"Accept", "text/html"}, {"Translate", "t"}}) == Face::page);
}

TEST_CASE("a header that only wallets send gets the JSON") {
  CHECK(faceFor({{"Accept", "text/html"}, {"mailbox-device-claim", "x"}}) == Face::json);
  CHECK(faceFor({{"Accept", "text/html"}, {"Authorization", "Basic x"}, {"User-Agent", kFirefox}}) ==
        Face::json);
}

TEST_CASE("the higher quality wins") {
  CHECK(faceForAccept("text/html") == Face::page);
  CHECK(faceForAccept("application/json", kFirefox) == Face::json);
  CHECK(faceForAccept("text/html;q=0.5, application/json;q=0.6", kFirefox) == Face::json);
  CHECK(faceForAccept("text/html;q=0.6, application/json;q=0.5") == Face::page);
  CHECK(faceForAccept("text/html; q=0.501, application/json; Q=0.5") == Face::page);
  CHECK(faceForAccept("TEXT/HTML, */*;q=0.1") == Face::page);
  CHECK(faceForAccept("text/*, */*;q=0.1") == Face::page);
  CHECK(faceForAccept("text/html;q=0.2, */*", kFirefox) == Face::json);
}

TEST_CASE("on equal quality the more specific range wins") {
  CHECK(faceForAccept("application/json, */*", kFirefox) == Face::json);
  CHECK(faceForAccept("text/html, */*") == Face::page);
  CHECK(faceForAccept("text/*, application/json", kFirefox) == Face::json);
  CHECK(faceForAccept("application/*, text/html") == Face::page);
  CHECK(faceForAccept("text/html;q=0.5, */*;q=0.5") == Face::page);
}

TEST_CASE("the most specific range decides about a type, not the kindest") {
  CHECK(faceForAccept("*/*, text/html;q=0.1", kFirefox) == Face::json);
  CHECK(faceForAccept("text/*;q=0.9, text/html;q=0.2, application/json;q=0.5", kFirefox) == Face::json);
}

TEST_CASE("q=0 excludes") {
  CHECK(faceForAccept("text/html;q=0, */*", kFirefox) == Face::json);
  CHECK(faceForAccept("application/json;q=0, */*") == Face::page);
  CHECK(faceForAccept("text/html;q=0.000, */*;q=0.001", kFirefox) == Face::json);
}

TEST_CASE("an explicit q=0 loses to silence") {
  CHECK(faceForAccept("application/json;q=0, image/png") == Face::page);
  CHECK(faceForAccept("text/html;q=0, image/png", kFirefox) == Face::json);
}

TEST_CASE("who names XHTML wants the page, unless he says otherwise about HTML") {
  CHECK(faceForAccept("application/xhtml+xml, application/json;q=0.9") == Face::page);
  CHECK(faceForAccept("application/xhtml+xml, */*;q=0.8") == Face::page);
  CHECK(faceForAccept("application/xhtml+xml;q=0.3, application/json;q=0.9", kFirefox) == Face::json);
  CHECK(faceForAccept("application/xhtml+xml, text/html;q=0, application/json;q=0.5", kFirefox) ==
        Face::json);
}

TEST_CASE("parameters of a type do not hide it") {
  CHECK(faceForAccept("application/json; charset=utf-8", kFirefox) == Face::json);
  CHECK(faceForAccept("text/html; charset=\"utf-8, really\"; q=0.9, application/json; q=0.8") == Face::page);
  CHECK(faceForAccept("text/html;level=1;q=0.9, text/html;q=0.2, application/json;q=0.5", kFirefox) ==
        Face::json);
}

TEST_CASE("repeated Accept lines are one list") {
  CHECK(faceFor({{"Accept", "application/json;q=0.5"}, {"User-Agent", kCurl}, {"Accept", "text/html"}}) ==
        Face::page);
  CHECK(faceFor({{"Accept", "text/html;q=0.5"}, {"User-Agent", kFirefox}, {"accept", "application/json"}}) ==
        Face::json);
}

TEST_CASE("an absent, empty or broken Accept leaves the choice to the agent") {
  const char* accepts[] = {
      "",
      " ",
      ",",
      ", ,",
      "*/*",
      "html",
      "*",
      "text/html; q=.5",
      "text/html;q=1.5",
      "text/html;q=0.1234",
      "text/html;q=",
      "text/html;q",
      "text/html;q =1",
      "text/html q=1",
      "text/html;=1",
      "text/ht ml",
      "/html",
      "text/",
      "text/html, application/json;q=high",
      "text/html;a=\"open",
      "text/html;q=-1",
      "text/html;q=1.001",
      "\xFF\xFE",
      "text/html,image/gif,*;q=.2",
  };
  for (const char* accept : accepts) {
    INFO(accept);
    CHECK(faceForAccept(accept, kCurl) == Face::json);
    CHECK(faceForAccept(accept, kFirefox) == Face::page);
    CHECK(faceForAccept(accept, kDiscord) == Face::page);
  }
  CHECK(faceFor({{"User-Agent", kCurl}}) == Face::json);
  CHECK(faceFor({{"User-Agent", kDiscord}}) == Face::page);
}

TEST_CASE("what is allowed but rare in Accept is understood") {
  CHECK(faceForAccept(",text/html,,") == Face::page);
  CHECK(faceForAccept("text/html;") == Face::page);
  CHECK(faceForAccept("text/html ; ; q=0.9 ,application/json;q=0.") == Face::page);
  CHECK(faceForAccept("text/html;x=\"a\\\"b,c\"") == Face::page);
}

TEST_CASE("nothing is ever refused: unwanted faces are a tie") {
  CHECK(faceForAccept("image/png", kFirefox) == Face::page);
  CHECK(faceForAccept("image/png", kCurl) == Face::json);
  CHECK(faceForAccept("*/*;q=0", kDiscord) == Face::page);
}

TEST_CASE("a previewer gets the page whatever Sec-Fetch-Mode it copied") {
  CHECK(faceFor({{"User-Agent", kDiscord}, {"Sec-Fetch-Mode", "cors"}}) == Face::page);
}

TEST_CASE("Sec-Fetch-Mode tells a navigation from a fetch") {
  CHECK(faceFor({{"User-Agent", kFirefox}, {"Sec-Fetch-Mode", " Navigate "}}) == Face::page);
  CHECK(faceFor({{"User-Agent", kFirefox}, {"Sec-Fetch-Mode", ""}}) == Face::json);
  CHECK(faceFor({{"Accept", "text/html"}, {"User-Agent", kFirefox}, {"Sec-Fetch-Mode", "cors"}}) ==
        Face::page);
  CHECK(faceFor({{"User-Agent", kFirefox}, {"Sec-Fetch-Mode", "navigate"}}) == Face::page);
  CHECK(faceFor({{"User-Agent", kFirefox}, {"Sec-Fetch-Mode", "cors"}}) == Face::json);
  CHECK(faceFor({{"User-Agent", kFirefox}, {"Sec-Fetch-Mode", "no-cors"}}) == Face::json);
  CHECK(faceFor({{"User-Agent", kCurl}, {"Sec-Fetch-Mode", "navigate"}}) == Face::page);
}

TEST_CASE("without a hint the answer is the JSON") {
  CHECK(faceFor({}) == Face::json);
  CHECK(faceFor({{"User-Agent", ""}}) == Face::json);
  CHECK(faceFor({{"User-Agent", "Something/1.0"}}) == Face::json);
}

TEST_CASE("an operator's token makes a previewer, in any case and place") {
  const UserAgents agents({"AcmeChat", ""});
  const Request request = get({{"User-Agent", "python acmechat/2"}});
  CHECK(chooseFace(request, "", agents) == Face::page);
  CHECK(chooseFace(request, "") == Face::json);
  CHECK(chooseFace(get({{"User-Agent", kCurl}}), "", agents) == Face::json);
}

TEST_CASE("where a token matches is part of the table") {
  const UserAgents agents;
  CHECK(agents.classify("Viber") == AgentKind::previewer);
  CHECK(agents.classify("Viber/20") == AgentKind::previewer);
  CHECK(agents.classify("Viberry/20") == AgentKind::unknown);
  CHECK(agents.classify("not Viber/20") == AgentKind::unknown);
  CHECK(agents.classify("Synapse (bot)") == AgentKind::previewer);
  CHECK(agents.classify("Synapse-PT-HttpComponents-NIO") == AgentKind::unknown);
  CHECK(agents.classify("ELinks/0.13.2 (textmode)") == AgentKind::generic);
  CHECK(agents.classify("Links (2.28; Linux)") == AgentKind::generic);
  CHECK(agents.classify("LinksManager/1.0") == AgentKind::unknown);
  CHECK(agents.classify("libcurl/8") == AgentKind::unknown);
  CHECK(agents.classify("MyApp/1 CFNetwork/1 Darwin/1") == AgentKind::client);
  CHECK(agents.classify("My URL Previewer") == AgentKind::previewer);
  CHECK(agents.classify("my-page_preview/2") == AgentKind::previewer);
  CHECK(agents.classify("previewer of previews and page--preview") == AgentKind::unknown);
}

TEST_CASE("only the first 512 bytes of a User-Agent are looked at") {
  const std::string far(512, 'x');
  CHECK(UserAgents::shipped().classify(far + "whatsapp") == AgentKind::unknown);
  CHECK(UserAgents::shipped().classify(far.substr(8) + "whatsapp") == AgentKind::previewer);
  CHECK(UserAgents::shipped().classify(std::string(1 << 20, 'p')) == AgentKind::unknown);
}

}  // namespace tigress::preview
