#include "server/front/request_reader.h"

#include "tests/catch.h"
#include "tests/server/front/transcript.h"

namespace tigress::front {
namespace {

using Stage = RequestReader::Stage;

constexpr ReaderLimits kLimits{64, 256, 32};

std::string transcript(std::string_view bytes, const ReaderLimits& limits = kLimits) {
  return transcript(std::vector<std::string_view>{bytes}, limits);
}

std::string transcript(const std::vector<std::string_view>& pieces) {
  return transcript(pieces, kLimits);
}

// The same for every way to cut the bytes in two, and for one byte at a time.
std::vector<std::string> transcriptsOfSplits(std::string_view bytes) {
  std::vector<std::string> transcripts;
  for (std::size_t i = 1; i < bytes.size(); ++i) {
    transcripts.push_back(transcript({bytes.substr(0, i), bytes.substr(i)}));
  }
  std::vector<std::string_view> single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  transcripts.push_back(transcript(single));
  return transcripts;
}

struct Row {
  std::string meaning;
  std::string input;
  std::string expected;
};

std::string repeated(std::size_t count, char c) {
  return std::string(count, c);
}

// GET / with one more field.
std::string get(const std::string& field) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + field + "\r\n\r\n";
}

// PUT / with a chunked body.
std::string chunked(const std::string& body) {
  return "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
}

const std::string kGot = "GET / 1.1 [] keep\n";

const std::vector<Row> kRows = {
    {"a request", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", kGot},
    {"nothing yet", "", ""},
    {"half a request line", "GET / HT", "..."},
    {"a head without its end", "GET / HTTP/1.1\r\nHost: h\r\n", "..."},
    {"empty lines before a request", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", kGot},
    {"fields with odd blanks", "GET / HTTP/1.1\r\nHost:\t h \r\nX:\r\nY: a\tb\r\n\r\n", kGot},
    {"bytes above ASCII in a value", get("X: \xC3\xBC\xFF"), kGot},
    {"an unknown method with every mark", "A!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: h\r\n\r\n",
     "A!#$%&'*+-.^_`|~9 / 1.1 [] keep\n"},
    {"absolute form", "GET http://h:80/x?y HTTP/1.1\r\nHost: h\r\n\r\n", "GET http://h:80/x?y 1.1 [] keep\n"},
    {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", kGot},
    {"an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", kGot},

    {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "GET / 1.0 [] close\n"},
    {"HTTP/1.0 that wants to stay", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
     "GET / 1.0 [] keep\n"},
    {"close", get("Connection: close"), "GET / 1.1 [] close\n"},
    {"close in a list", get("Connection: x, Close"), "GET / 1.1 [] close\n"},
    {"close in a second field", get("Connection: x\r\nConnection: close"), "GET / 1.1 [] close\n"},

    {"a body", get("Content-Length: 5") + "hello", "GET / 1.1 [hello] keep\n"},
    {"a body that looks like a request", get("Content-Length: 18") + "GET / HTTP/1.1\r\n\r\n",
     "GET / 1.1 [GET / HTTP/1.1\r\n\r\n] keep\n"},
    {"an empty body", get("Content-Length: 0") + get("X: y"), kGot + kGot},
    {"a body of the largest size", get("Content-Length: 32") + repeated(32, 'x'),
     "GET / 1.1 [" + repeated(32, 'x') + "] keep\n"},
    {"a body that has not all come", get("Content-Length: 5") + "hell", "..."},
    {"the same length twice", get("Content-Length: 2\r\nContent-Length: 2") + "ab", "GET / 1.1 [ab] keep\n"},
    {"the same length in a list", get("Content-Length: 2, 2") + "ab", "GET / 1.1 [ab] keep\n"},

    {"chunks", chunked("2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"), "PUT / 1.1 [abcde] keep\n"},
    {"no chunks", chunked("0\r\n\r\n"), "PUT / 1.1 [] keep\n"},
    {"chunk sizes in hexadecimal", chunked("A\r\n0123456789\r\n0b\r\n0123456789a\r\n0\r\n\r\n"),
     "PUT / 1.1 [01234567890123456789a] keep\n"},
    {"a chunk that holds line ends", chunked("7\r\n0\r\n\r\nab\r\n0\r\n\r\n"),
     "PUT / 1.1 [0\r\n\r\nab] keep\n"},
    {"a blank after a chunk size", chunked("1 \r\nx\r\n"), "400"},
    {"chunk extensions", chunked("1;a=b ;c=\"d\"\r\nx\r\n0;e\r\n\r\n"), "PUT / 1.1 [x] keep\n"},
    {"trailers", chunked("1\r\nx\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n") + get("X: y"),
     "PUT / 1.1 [x] keep\n" + kGot},
    {"chunks without an end", chunked("1\r\nx\r\n0\r\n"), "..."},
    {"chunked in any case", "PUT / HTTP/1.1\r\nHost: h\r\ntransfer-encoding: CHUNKED\r\n\r\n0\r\n\r\n",
     "PUT / 1.1 [] keep\n"},

    {"pipelined requests",
     get("X: 1") + get("Content-Length: 1") + "b" + chunked("1\r\nc\r\n0\r\n\r\n") + "GE",
     kGot + "GET / 1.1 [b] keep\nPUT / 1.1 [c] keep\n..."},
    {"a failure after a good request", get("X: 1") + "nonsense\r\n", kGot + "400"},

    {"a bare line feed after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", "400"},
    {"a bare line feed after a field", "GET / HTTP/1.1\r\nHost: h\n\r\n", "400"},
    {"a bare line feed at the head's end", "GET / HTTP/1.1\r\nHost: h\r\n\n", "400"},
    {"a bare carriage return in a field", get("X: a\rY: b"), "400"},
    {"a carriage return too many", "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", "400"},
    {"no target", "GET HTTP/1.1\r\n", "400"},
    {"two blanks in the request line", "GET  / HTTP/1.1\r\n", "400"},
    {"the server as a whole, but not by OPTIONS", "GET * HTTP/1.1\r\n", "400"},
    {"a blank in the target", "GET /a b HTTP/1.1\r\n", "400"},
    {"a control character in the target", "GET /a\tb HTTP/1.1\r\n", "400"},
    {"a byte above ASCII in the target", "GET /\xC3\xBC HTTP/1.1\r\n", "400"},
    {"a blank at the end of the request line", "GET / HTTP/1.1 \r\n", "400"},
    {"a blank at its beginning", " GET / HTTP/1.1\r\n", "400"},
    {"a method that is no token", "G(T / HTTP/1.1\r\n", "400"},
    {"no version", "GET /\r\n", "400"},
    {"a lower-case version", "GET / http/1.1\r\n", "400"},
    {"a version with letters", "GET / HTTP/x.1\r\n", "505"},
    {"a version without a point", "GET / HTTP/1:1\r\n", "400"},
    {"HTTP/2", "PRI * HTTP/2.0\r\n", "505"},
    {"HTTP/1.2", "GET / HTTP/1.2\r\n", "505"},
    {"HTTP/0.9", "GET / HTTP/0.9\r\n", "505"},
    {"TLS on the plain port", "\x16\x03\x01\x02\n", "400"},

    {"a folded field", get("X: a\r\n b"), "400"},
    {"a fold at the first field", "GET / HTTP/1.1\r\n X: a\r\n", "400"},
    {"a blank before the colon", get("Content-Length : 5"), "400"},
    {"a field without a colon", get("nonsense"), "400"},
    {"a field without a name", get(": value"), "400"},
    {"a NUL in a value", get(std::string("X: a\0b", 6)), "400"},
    {"a NUL in a name", get(std::string("X\0: a", 5)), "400"},
    {"DEL in a value", get("X: \x7F"), "400"},

    {"no Host", "GET / HTTP/1.1\r\n\r\n", "400"},
    {"two Hosts", get("Host: h"), "400"},
    {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
    {"a Host with a path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", "400"},
    {"a Host with a user", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", "400"},
    {"a list of Hosts in one field", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},

    {"two lengths", get("Content-Length: 5\r\nContent-Length: 6") + "hello", "400"},
    {"two lengths in a list", get("Content-Length: 5, 6") + "hello", "400"},
    {"a list of lengths with a gap", get("Content-Length: 5,,5") + "hello", "400"},
    {"an empty length", get("Content-Length:"), "400"},
    {"a length with a sign", get("Content-Length: +5") + "hello", "400"},
    {"a negative length", get("Content-Length: -1"), "400"},
    {"a hexadecimal length", get("Content-Length: 0x5") + "hello", "400"},
    {"a length with a fraction", get("Content-Length: 5.0") + "hello", "400"},
    {"a length beyond all numbers", get("Content-Length: 18446744073709551616"), "400"},
    {"the longest length", get("Content-Length: 18446744073709551615"), "413"},
    {"a length and chunks", get("Content-Length: 5\r\nTransfer-Encoding: chunked") + "0\r\n\r\n", "400"},
    {"chunks and a length", get("Transfer-Encoding: chunked\r\nContent-Length: 5") + "0\r\n\r\n", "400"},
    {"chunks in HTTP/1.0", "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
    {"another coding", get("Transfer-Encoding: gzip, chunked"), "501"},
    {"identity", get("Transfer-Encoding: identity"), "501"},
    {"chunked twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), "501"},
    {"chunked with a tail", get("Transfer-Encoding: chunked;x=1"), "501"},
    {"an empty coding", get("Transfer-Encoding:"), "501"},
    {"a vertical tab beside chunked",
     get("Transfer-Encoding: \x0B"
         "chunked"),
     "400"},

    {"an empty chunk size", chunked("\r\n"), "400"},
    {"a chunk size that is no number", chunked("g\r\n"), "400"},
    {"a chunk size with a sign", chunked("+1\r\nx\r\n"), "400"},
    {"a chunk size with 0x", chunked("0x1\r\nx\r\n"), "400"},
    {"a blank before a chunk size", chunked(" 1\r\nx\r\n"), "400"},
    {"a chunk size that wraps around", chunked("100000001\r\nx\r\n"), "400"},
    {"a bare line feed after a chunk size", chunked("1\nx\r\n"), "400"},
    {"a carriage return in a chunk extension", chunked("1;a\rb\r\nx\r\n"), "400"},
    {"a NUL in a chunk extension", chunked(std::string("1;\0\r\nx\r\n", 8)), "400"},
    {"a bare line feed after a chunk", chunked("1\r\nx\n0\r\n\r\n"), "400"},
    {"a chunk longer than its size", chunked("1\r\nxy\r\n0\r\n\r\n"), "400"},
    {"a chunk shorter than its size", chunked("3\r\nx\r\n0\r\n\r\n"), "400"},
    {"a carriage return in a trailer", chunked("0\r\nX: a\rb\r\n\r\n"), "400"},
    {"a trailer without a colon", chunked("0\r\nGET / HTTP/1.1\r\n\r\n"), "400"},
    {"a chunk extension without end", chunked("1;" + repeated(300, 'a')), "400"},

    {"a target of the longest size", "GET /" + repeated(63, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET /" + repeated(63, 'a') + " 1.1 [] keep\n"},
    {"a longer target", "GET /" + repeated(64, 'a') + " HTTP/1.1\r\n", "414"},
    {"a target without end", "GET /" + repeated(300, 'a'), "414"},
    {"a field without end", "GET / HTTP/1.1\r\nX: " + repeated(300, 'a'), "431"},
    {"a head of the largest size", get("X: " + repeated(256 - 32, 'a')), kGot},
    {"a larger head", get("X: " + repeated(256 - 31, 'a')), "431"},
    {"many small fields",
     "GET / HTTP/1.1\r\nHost: h\r\n" +
         [] {
           std::string fields;
           for (int i = 0; i < 60; ++i) fields += "a: b\r\n";
           return fields;
         }(),
     "431"},
    {"empty lines without end",
     [] {
       std::string lines;
       for (int i = 0; i < 200; ++i) lines += "\r\n";
       return lines;
     }(),
     "431"},
    {"a larger body", get("Content-Length: 33") + repeated(33, 'x'), "413"},
    {"a larger chunk", chunked("21\r\n" + repeated(33, 'x')), "413"},
    {"chunks that add up to more", chunked("10\r\n" + repeated(16, 'x') + "\r\n11\r\n"), "413"},
    {"chunks that add up to the limit",
     chunked("10\r\n" + repeated(16, 'x') + "\r\n10\r\n" + repeated(16, 'x') + "\r\n0\r\n\r\n"),
     "PUT / 1.1 [" + repeated(32, 'x') + "] keep\n"},
    {"trailers without end", chunked("0\r\nX: " + repeated(300, 'a')), "431"},
};

}  // namespace

TEST_CASE("the reader takes requests and refuses what two parties could read in two ways") {
  for (const Row& row : kRows) {
    INFO(row.meaning);
    CHECK(transcript(row.input) == row.expected);
  }
}

TEST_CASE("however its bytes are cut up, a stream reads the same") {
  for (const Row& row : kRows) {
    for (const std::string& split : transcriptsOfSplits(row.input)) {
      if (split == transcript(row.input)) continue;
      INFO(row.meaning);
      CHECK(split == transcript(row.input));
      break;
    }
  }
}

TEST_CASE("limits that contradict each other fail the same however the bytes come") {
  const std::string longTarget = "GET /" + repeated(100, 'a') + " HTTP/1.1\r\n";
  const ReaderLimits smallHeader{80, 50, 32};
  CHECK(transcript(longTarget, smallHeader) == "431");
  CHECK(transcript({std::string_view(longTarget).substr(0, 60), std::string_view(longTarget).substr(60)},
                   smallHeader) == "431");
  const ReaderLimits smallTarget{20, 60, 32};
  CHECK(transcript(longTarget, smallTarget) == "414");
  CHECK(transcript({std::string_view(longTarget).substr(0, 15), std::string_view(longTarget).substr(15)},
                   smallTarget) == "414");
}

TEST_CASE("fields keep their order, their values lose the blanks around them") {
  RequestReader reader(kLimits);
  reader.feed("GET / HTTP/1.1\r\nHost: h\r\nX-B:  1 2\t\r\nx-a:\r\nX-b: 3\r\n\r\n");
  REQUIRE(reader.stage() == Stage::complete);
  const Headers& headers = reader.request().headers;
  const std::vector<Headers::Field> expected = {{"Host", "h"}, {"X-B", "1 2"}, {"x-a", ""}, {"X-b", "3"}};
  CHECK(std::vector<Headers::Field>(headers.begin(), headers.end()) == expected);
}

TEST_CASE("feeding stops at the head's end, so that its sender can be answered before the body") {
  RequestReader reader(kLimits);
  const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n";
  CHECK(reader.feed(head + "ab") == head.size());
  CHECK(reader.stage() == Stage::body);
  CHECK(reader.expectsContinue());
  CHECK(reader.request().target == "/");
  CHECK(reader.feed("abGET") == 2);
  CHECK(reader.stage() == Stage::complete);
  CHECK(reader.request().body == "ab");
  CHECK(reader.feed("GET") == 0);
}

TEST_CASE("only a request of HTTP/1.1 can expect 100 Continue") {
  const auto expects = [](const std::string& line, const std::string& field) {
    RequestReader reader(kLimits);
    reader.feed(line + "\r\nHost: h\r\nContent-Length: 2\r\n" + field + "\r\n\r\n");
    return reader.expectsContinue();
  };
  CHECK(expects("PUT / HTTP/1.1", "Expect: 100-continue"));
  CHECK_FALSE(expects("PUT / HTTP/1.0", "Expect: 100-continue"));
  CHECK_FALSE(expects("PUT / HTTP/1.1", "Expect: 200-ok"));
  CHECK_FALSE(expects("PUT / HTTP/1.1", "X: 100-continue"));
}

TEST_CASE("a reader that failed takes nothing more until it is reset") {
  RequestReader reader(kLimits);
  reader.feed("nonsense\r\n");
  REQUIRE(reader.stage() == Stage::failed);
  CHECK_FALSE(reader.failure().detail.empty());
  CHECK(reader.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n") == 0);
  CHECK(reader.stage() == Stage::failed);
  reader.reset();
  CHECK_FALSE(reader.started());
  reader.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(reader.stage() == Stage::complete);
}

TEST_CASE("a request has started with its first byte") {
  RequestReader reader(kLimits);
  CHECK_FALSE(reader.started());
  reader.feed("G");
  CHECK(reader.started());
}

}  // namespace tigress::front
