#include "tigress/credentials.h"

#include <deque>

#include "client/src/http_challenge.h"
#include "tests/catch.h"
#include "tests/client/two_devices.h"

using namespace tigress;
using namespace tigress::client;
using namespace std::chrono_literals;

namespace {

constexpr auto kUrl = "https://dav.example/dir/index.html?x=1";

/// A server that answers as it is told, and keeps what it was asked.
class ScriptedTransport final : public Transport {
 public:
  explicit ScriptedTransport(std::deque<Response> script) : answers(std::move(script)) {}

  Result<Response, Failure> exchange(const Request& request, std::chrono::seconds) override {
    requests.push_back(request);
    REQUIRE_FALSE(answers.empty());
    Response answer = answers.front();
    answers.pop_front();
    return answer;
  }

  std::string authorization(std::size_t number) const {
    return std::string(requests.at(number).headers.get("Authorization"));
  }

  std::deque<Response> answers;
  std::vector<Request> requests;
};

Response challenge(const std::vector<std::string>& values) {
  Response response{401, {}, {}};
  for (const std::string& value : values) response.headers.add("WWW-Authenticate", value);
  return response;
}

CredentialSource always(Credential credential) {
  return [credential](const std::string& origin, const std::string&) {
    CHECK(origin == "https://dav.example");
    return std::optional(credential);
  };
}

// The parameter of an Authorization, without quotes.
std::string parameter(const std::string& authorization, const std::string& name) {
  const auto parts = parseChallenges(authorization);
  REQUIRE(parts.size() == 1);
  return parts.front().get(name);
}

}  // namespace

TEST_CASE("credentials are found by server, and by user if one is named") {
  const auto credentials = Credentials::parse(
      "# who I am\n"
      "dav.example password anna correct horse: battery\r\n"
      "\n"
      "  https://dav.example:443/ password ben secret\n"
      "dav.example:8443 token eyJhbGciOi\n"
      "http://localhost:8080 password anna%20b p%61ss");
  REQUIRE(credentials);
  const auto anna = credentials->find("https://dav.example");
  REQUIRE(anna);
  CHECK(anna->user == "anna");
  CHECK(anna->secret == "correct horse: battery");
  CHECK_FALSE(anna->isToken());
  CHECK(credentials->find("https://dav.example", "ben")->secret == "secret");
  CHECK_FALSE(credentials->find("https://dav.example", "eve"));
  CHECK(credentials->find("https://dav.example:8443")->isToken());
  CHECK(credentials->find("http://localhost:8080")->user == "anna b");
  CHECK(credentials->find("http://localhost:8080")->secret == "p%61ss");
  CHECK_FALSE(credentials->find("http://dav.example"));
  CHECK_FALSE(credentials->find("https://dav.example.evil.example"));
}

TEST_CASE("a line of credentials that cannot be read is named and not repeated") {
  for (const char* line :
       {"dav.example", "dav.example password anna", "dav.example password", "dav.example token",
        "dav.example token a b", "dav.example secret hush", "http://dav.example token hush",
        "dav.example password an%3Ana hush", "dav.example password %0a hush",
        "dav.example password anna hu\x01sh", "dav.example/path token hush"}) {
    INFO(line);
    const auto credentials = Credentials::parse("\n" + std::string(line));
    REQUIRE_FALSE(credentials);
    CHECK(credentials.error().detail.find("line 2") == 0);
    CHECK(credentials.error().detail.find("hush") == std::string::npos);
  }
}

TEST_CASE("challenges are read however servers join them") {
  const auto challenges = parseChallenges(
      "Negotiate, Basic realm=\"a, \\\"b\\\"\" , charset=\"UTF-8\",, NTLM TlRMTVNTUAAB==, "
      "Digest realm=x,qop = \"auth,auth-int\", nonce=\"n=\",stale=TRUE");
  REQUIRE(challenges.size() == 4);
  CHECK(challenges[0].scheme == "negotiate");
  CHECK(challenges[1].scheme == "basic");
  CHECK(challenges[1].get("realm") == "a, \"b\"");
  CHECK(challenges[1].get("charset") == "UTF-8");
  CHECK(challenges[2].scheme == "ntlm");
  CHECK(challenges[2].parameters.empty());
  CHECK(challenges[3].get("qop") == "auth,auth-int");
  CHECK(challenges[3].get("nonce") == "n=");
  CHECK(parseChallenges("").empty());
  CHECK(parseChallenges("Basic realm=\"open").size() == 1);
  CHECK(parseChallenges("=").empty());
}

TEST_CASE("a Digest answer is that of RFC 7616 section 3.9.1") {
  const std::string fields =
      ", realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
      "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
      "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";
  const Credential credential{"Mufasa", "Circle of Life"};
  const DigestRequest request{"GET", "/dir/index.html", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", 1};
  struct Row {
    const char* algorithm;
    const char* response;
  };
  for (const Row& row :
       {Row{"MD5", "8ca523f5e9506fed4657c9700eebdbec"},
        Row{"SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"}}) {
    INFO(row.algorithm);
    const auto challenges = parseChallenges("Digest algorithm=" + std::string(row.algorithm) + fields);
    REQUIRE(challenges.size() == 1);
    const std::string value = digestAuthorization(challenges.front(), credential, request);
    CHECK(parameter(value, "response") == row.response);
    CHECK(parameter(value, "username") == "Mufasa");
    CHECK(parameter(value, "nc") == "00000001");
    CHECK(parameter(value, "qop") == "auth");
    CHECK(parameter(value, "opaque") == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS");
    CHECK(parameter(value, "algorithm") == row.algorithm);
  }
}

TEST_CASE("a user name that is hidden or not ASCII is sent as RFC 7616 section 3.4.4 has it") {
  const Credential credential{"J\xC3\xA4s\xC3\xB8n Doe", "Secret, or not?"};
  const DigestRequest request{"GET", "/doe.json", "c", 1};
  const auto plain =
      parseChallenges("Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-256, nonce=\"n\"");
  CHECK(digestAuthorization(plain.front(), credential, request)
            .find("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, ") != std::string::npos);
  const auto hidden = parseChallenges(
      "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-256, nonce=\"n\", userhash=true");
  const std::string value = digestAuthorization(hidden.front(), credential, request);
  CHECK(value.find("Doe") == std::string::npos);
  CHECK(value.find(", userhash=true") != std::string::npos);
  CHECK(parameter(value, "username").size() == 64);
}

TEST_CASE("a server is answered in the best way it offers, and from then on without being asked") {
  struct Row {
    std::vector<std::string> offered;
    Credential credential;
    std::string begins;
    std::string holds;
  };
  const Credential anna{"anna", "hush"};
  const Credential token{"", "t0k3n"};
  const Row rows[] = {
      {{"Basic realm=\"x\""}, anna, "Basic YW5uYTpodXNo", ""},
      {{"Basic realm=\"x\"", "Digest realm=\"x\", nonce=\"1\", qop=\"auth\""},
       anna,
       "Digest ",
       "nonce=\"1\""},
      {{"Digest realm=\"x\", nonce=\"1\", qop=\"auth\", algorithm=MD5, Digest realm=\"x\", nonce=\"2\", "
        "qop=\"auth\", "
        "algorithm=SHA-256"},
       anna,
       "Digest ",
       "nonce=\"2\""},
      {{"Digest realm=\"x\", nonce=\"1\""}, anna, "Digest ", "response="},
      {{"Digest realm=\"x\", nonce=\"1\", qop=\"auth-int\", Basic realm=\"x\""}, anna, "Basic ", ""},
      {{"Digest realm=\"x\", nonce=\"1\", algorithm=SHA-512-256", "Basic realm=\"x\""}, anna, "Basic ", ""},
      {{"Negotiate", "Bearer realm=\"x\"", "Basic realm=\"x\""}, token, "Bearer t0k3n", ""},
  };
  for (const Row& row : rows) {
    INFO(row.offered.front());
    ScriptedTransport wire({challenge(row.offered), {200, {}, {}}, {200, {}, {}}});
    AuthenticatingTransport transport(wire, always(row.credential));
    const auto answer = transport.exchange({"PUT", kUrl, {{"Depth", "0"}}, "body"}, 1s);
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK_FALSE(wire.requests[0].headers.has("Authorization"));
    CHECK(wire.authorization(1).find(row.begins) == 0);
    CHECK(wire.authorization(1).find(row.holds) != std::string::npos);
    CHECK(wire.requests[1].body == "body");
    CHECK(wire.requests[1].headers.get("Depth") == "0");
    REQUIRE(transport.exchange({"GET", kUrl, {}, {}}, 1s));
    CHECK(wire.requests.size() == 3);
    CHECK(wire.authorization(2).find(row.begins) == 0);
  }
}

TEST_CASE("a nonce is counted, and replaced when its time is up") {
  const auto offered = [](const std::string& nonce) {
    return challenge({"Digest realm=\"x\", qop=\"auth\", nonce=\"" + nonce + "\""});
  };
  ScriptedTransport wire({offered("1"), {200, {}, {}}, {200, {}, {}}, offered("2"), {200, {}, {}}});
  int asked = 0;
  AuthenticatingTransport transport(wire, [&](const std::string&, const std::string& realm) {
    ++asked;
    CHECK(realm == "x");
    return std::optional(Credential{"anna", "hush"});
  });
  for (int i = 0; i < 3; ++i) REQUIRE(transport.exchange({"GET", kUrl, {}, {}}, 1s));
  CHECK(parameter(wire.authorization(1), "nc") == "00000001");
  CHECK(parameter(wire.authorization(2), "nc") == "00000002");
  CHECK(parameter(wire.authorization(4), "nonce") == "2");
  CHECK(parameter(wire.authorization(4), "nc") == "00000001");
  CHECK(parameter(wire.authorization(4), "uri") == "/dir/index.html?x=1");
  CHECK(parameter(wire.authorization(1), "cnonce") != parameter(wire.authorization(2), "cnonce"));
  CHECK(asked == 1);
}

TEST_CASE("credentials that are wrong, or of no use, fail and are not sent again") {
  const auto basic = challenge({"Basic realm=\"x\""});
  ScriptedTransport wrong({basic, basic});
  AuthenticatingTransport once(wrong, always({"anna", "hush"}));
  const auto refused = once.exchange({"GET", kUrl, {}, {}}, 1s);
  checkFails(refused, FailureCode::notAuthorized);
  CHECK(refused.error().detail.find("hush") == std::string::npos);
  CHECK(wrong.requests.size() == 2);

  for (const char* offered :
       {"Bearer realm=\"x\"", "Negotiate", "Digest realm=\"x\", nonce=\"1\", algorithm=TOKEN"}) {
    INFO(offered);
    ScriptedTransport other({challenge({offered})});
    AuthenticatingTransport transport(other, always({"anna", "hush"}));
    checkFails(transport.exchange({"GET", kUrl, {}, {}}, 1s), FailureCode::notAuthorized);
    CHECK(other.requests.size() == 1);
  }
}

TEST_CASE("without credentials, and beside those a request has of its own, the answer is the server's") {
  ScriptedTransport wire({challenge({"Basic realm=\"x\""}),
                          challenge({"Basic realm=\"x\""}),
                          challenge({"Mailbox-Device-Claim"}),
                          {401, {}, {}}});
  int asked = 0;
  AuthenticatingTransport transport(wire, [&](const std::string&, const std::string&) {
    ++asked;
    return std::optional<Credential>();
  });
  CHECK(transport.exchange({"GET", kUrl, {}, {}}, 1s)->status == 401);
  CHECK(transport.exchange({"POST", kUrl, {{"Authorization", "Bearer x"}}, {}}, 1s)->status == 401);
  CHECK(transport.exchange({"GET", kUrl, {}, {}}, 1s)->status == 401);
  CHECK(transport.exchange({"GET", kUrl, {}, {}}, 1s)->status == 401);
  CHECK(wire.requests.size() == 4);
  CHECK(wire.authorization(1) == "Bearer x");
}

TEST_CASE("a share that other devices have taken wants no login, whoever has one") {
  const auto taken = challenge({"Mailbox-Device-Claim"});
  ScriptedTransport wire({taken, challenge({"Basic realm=\"x\""}), taken, taken, {200, {}, {}}});
  int asked = 0;
  AuthenticatingTransport transport(wire, [&](const std::string&, const std::string&) {
    ++asked;
    return std::optional(Credential{"anna", "hush"});
  });
  for (int i = 0; i < 3; ++i) {
    const auto answer = transport.exchange({"GET", kUrl, {}, {}}, 1s);
    REQUIRE(answer);
    CHECK(answer->status == 401);
    CHECK(asked == (i == 0 ? 0 : 1));
  }
  CHECK(transport.exchange({"GET", kUrl, {}, {}}, 1s)->status == 200);
  CHECK(wire.requests.size() == 5);
  CHECK(wire.authorization(4).find("Basic ") == 0);
}

TEST_CASE("what is for one server never goes to another") {
  ScriptedTransport wire({challenge({"Basic realm=\"x\""}),
                          {200, {}, {}},
                          {200, {}, {}},
                          {200, {}, {}},
                          challenge({"Basic realm=\"x\""})});
  const auto known = Credentials::parse("dav.example password anna hush");
  AuthenticatingTransport transport(
      wire, [&](const std::string& origin, const std::string&) { return known->find(origin); });
  REQUIRE(transport.exchange({"GET", kUrl, {}, {}}, 1s));
  CHECK(wire.requests[1].headers.has("Authorization"));
  for (const char* url :
       {"https://evil.example/dir/", "https://dav.example:8443/", "https://dav.example.evil.example/"}) {
    REQUIRE(transport.exchange({"GET", url, {}, {}}, 1s));
    CHECK_FALSE(wire.requests.back().headers.has("Authorization"));
  }
  CHECK(wire.requests.size() == 5);
}
