// A load generator for one loopback server: many connections, one thread, as little work for each request
// as will do, so that the server is what is measured. Every status is verified, and so is every body that
// is read back; one that is wrong ends the run with an error. The result is one line of JSON on stdout.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// What a person makes wait is one unit: one request, or the six of a transfer.
struct Step {
  const char* method;
  const char* target;   // $I: the share's identifier
  const char* headers;  // whole lines; $T: the token of its lock, $H: the server's host and port
  enum class Body { none, document, lock } body;
  int status;
  int otherStatus;  // some servers say it another way
  bool givesDocument;
};

struct Workload {
  std::vector<Step> prepare;  // once for each connection
  std::vector<Step> unit;     // again and again
  bool ownShare;              // each unit has a share of its own, not each connection
};

using Body = Step::Body;
constexpr const char* kJson = "Content-Type: application/json\r\n";
const Step kMkcol{"MKCOL", "/v1/$I/", "", Body::none, 201, 201, false};
const Step kPut{"PUT", "/v1/$I/share.json", kJson, Body::document, 201, 201, false};
const Step kReplace{"PUT", "/v1/$I/share.json", kJson, Body::document, 204, 201, false};
const Step kLock{"LOCK",
                 "/v1/$I/share.json",
                 "Depth: 0\r\nTimeout: Second-60\r\nContent-Type: application/xml\r\n",
                 Body::lock,
                 200,
                 200,
                 false};
const Step kGet{"GET", "/v1/$I/share.json", "", Body::none, 200, 200, true};
const Step kDelete{"DELETE", "/v1/$I/", "If: <http$S://$H/v1/$I/share.json> (<$T>)\r\n", Body::none, 204,
                   204,      false};
const Step kMissing{"GET", "/v1/$I/share.json", "", Body::none, 404, 404, false};
const Step kCreate{"POST", "/v1/", kJson, Body::document, 201, 201, false};
const Step kPage{"GET",
                 "/v1/$I/share.json",
                 "Accept: text/html\r\nUser-Agent: WhatsApp/2.23.20.0\r\n",
                 Body::none,
                 200,
                 200,
                 false};

const std::map<std::string, Workload> kWorkloads{
    {"transfer", {{}, {kMkcol, kPut, kLock, kGet, kGet, kDelete}, true}},
    {"get", {{kMkcol, kPut}, {kGet}, false}},
    {"put", {{kMkcol, kPut}, {kReplace}, false}},
    {"page", {{kMkcol, kPut}, {kPage}, false}},
    {"missing", {{}, {kMissing}, true}},
    {"create", {{}, {kCreate}, true}},
};

// A share as a wallet makes it: 1.2 KiB.
std::string makeDocument() {
  std::string document =
      R"({"payload":{"type":"AEAD_AES_256_GCM","data":"@"},"displayInformation":{"title":"Anna's roadster",)"
      R"("description":"Unlock and drive","imageURL":"https://relay.example/car.png"}})";
  constexpr std::size_t kSize = 1228;
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string data;
  while (document.size() - 1 + data.size() < kSize) data += kLetters[data.size() * 37 % kLetters.size()];
  data.resize(data.size() / 4 * 4);
  return document.replace(document.find('@'), 1, data);
}

const std::string kDocument = makeDocument();
constexpr std::string_view kLockBody =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/>"
    "</D:lockscope><D:locktype><D:write/></D:locktype><D:owner>bench</D:owner></D:lockinfo>";

struct Options {
  std::uint16_t port = 0;
  std::string workload = "transfer";
  std::size_t connections = 32;
  double seconds = 1;
  double warmUp = 0.1;
  std::uint64_t count = 0;  // units to do in all; 0: as many as the time allows
  std::string
      shares;  // a file with the identifiers of shares to read, instead of an own one for each connection
  bool fresh = false;
  bool tls = false;
};

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

[[noreturn]] void failSystem(const char* what) {
  fail(std::string(what) + ": " + std::strerror(errno));
}

// The value of a header field in a head; names are compared as these servers spell them, and in lower case.
std::string_view field(std::string_view head, std::string_view name, std::string_view lowerName) {
  for (const std::string_view spelling : {name, lowerName}) {
    const std::size_t at = head.find(spelling);
    if (at == std::string_view::npos) continue;
    std::string_view value = head.substr(at + spelling.size());
    value = value.substr(0, value.find('\r'));
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    return value;
  }
  return {};
}

// Where the answer at the front of `bytes` ends; 0 if it is not whole yet.
struct Answer {
  std::size_t end = 0;
  int status = 0;
  std::string_view head;
  std::string_view body;
};

Answer readAnswer(std::string_view bytes) {
  const std::size_t headEnd = bytes.find("\r\n\r\n");
  if (headEnd == std::string_view::npos) return {};
  if (bytes.substr(0, 9) != "HTTP/1.1 ") fail("no HTTP/1.1 answer: " + std::string(bytes.substr(0, 80)));
  Answer answer;
  answer.head = bytes.substr(0, headEnd + 2);
  answer.status = (bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + (bytes[11] - '0');
  const std::size_t begin = headEnd + 4;
  std::size_t end = begin;
  const std::string_view length = field(answer.head, "\r\nContent-Length:", "\r\ncontent-length:");
  if (!length.empty()) {
    end += std::stoul(std::string(length));
  } else if (field(answer.head, "\r\nTransfer-Encoding:", "\r\ntransfer-encoding:") == "chunked") {
    const std::size_t last = bytes.find("\r\n0\r\n\r\n", headEnd);
    if (last == std::string_view::npos) return {};
    end = last + 7;
  }
  if (bytes.size() < end) return {};
  answer.body = bytes.substr(begin, end - begin);
  answer.end = end;
  return answer;
}

class Run;

class Connection {
 public:
  Connection(Run& run, std::uint64_t seed) : run_(run), random_(seed) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  // Whatever can be done without waiting.
  void proceed(std::uint32_t events);

 private:
  enum class State { connecting, greeting, talking, done };

  void open();
  void close();
  bool greet();
  void beginUnit();
  void sendStep();
  bool flush();
  // Bytes received; 0: none now.
  std::size_t receive();
  void take(const Answer& answer);
  void finishUnit();
  const std::vector<Step>& steps() const;
  void append(std::string_view pattern);
  void nameShare();

  Run& run_;
  std::mt19937_64 random_;
  State state_ = State::connecting;
  int descriptor_ = -1;
  SSL* ssl_ = nullptr;
  bool prepared_ = false;
  std::size_t step_ = 0;
  std::string share_;
  std::string token_;
  std::string out_;
  std::size_t sent_ = 0;
  std::array<char, 65536> in_;
  std::size_t received_ = 0;
  Clock::time_point begun_;
};

class Run {
 public:
  explicit Run(Options options);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  void go();
  void print() const;

  // Whether another unit may begin.
  bool mayBegin();
  void finished(Clock::time_point begun, Clock::time_point now);

  const Options options;
  const Workload& workload;
  std::string host;
  std::vector<std::string> shares;
  SSL_CTX* context = nullptr;
  int epoll = -1;
  std::size_t active = 0;
  std::uint64_t requests = 0;

 private:
  Clock::time_point from_;  // units that end between these are counted
  Clock::time_point until_;
  Clock::time_point last_;
  std::uint64_t begunUnits_ = 0;
  std::uint64_t endedUnits_ = 0;
  std::vector<std::uint32_t> microseconds_;
};

void Connection::start() {
  nameShare();
  open();
}

void Connection::open() {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) failSystem("socket");
  const int yes = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(run_.options.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    failSystem("connect");
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.ptr = this;
  if (epoll_ctl(run_.epoll, EPOLL_CTL_ADD, descriptor_, &event) != 0) failSystem("epoll_ctl");
  state_ = State::connecting;
  received_ = 0;
  if (prepared_) beginUnit();  // so that its time holds the connection's
}

void Connection::close() {
  if (ssl_) SSL_free(ssl_);
  ssl_ = nullptr;
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void Connection::proceed(std::uint32_t events) {
  if (state_ == State::connecting) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) fail("the server takes no connection");
    if ((events & EPOLLOUT) == 0) return;
    if (run_.options.tls) {
      ssl_ = SSL_new(run_.context);
      SSL_set_fd(ssl_, descriptor_);
      SSL_set_connect_state(ssl_);
    }
    state_ = State::greeting;
  }
  if (state_ == State::greeting) {
    if (ssl_ && !greet()) return;
    state_ = State::talking;
    prepared_ = prepared_ || run_.workload.prepare.empty() || !run_.shares.empty();
    if (out_.empty()) beginUnit();
  }
  while (state_ == State::talking) {
    if (!flush()) return;
    const std::size_t received = receive();
    if (received == 0) return;
    received_ += received;
    const Answer answer = readAnswer({in_.data(), received_});
    if (answer.end == 0) continue;
    if (answer.end != received_) fail("bytes behind an answer");
    received_ = 0;
    take(answer);
  }
}

bool Connection::greet() {
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return true;
  const int why = SSL_get_error(ssl_, result);
  if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) fail("the TLS handshake failed");
  return false;
}

const std::vector<Step>& Connection::steps() const {
  return prepared_ ? run_.workload.unit : run_.workload.prepare;
}

void Connection::beginUnit() {
  if (prepared_ && !run_.mayBegin()) {
    state_ = State::done;
    --run_.active;
    close();
    return;
  }
  if (!run_.shares.empty()) {
    share_ = run_.shares[random_() % run_.shares.size()];
  } else if (prepared_ && run_.workload.ownShare) {
    nameShare();
  }
  begun_ = Clock::now();
  step_ = 0;
  sendStep();
}

void Connection::sendStep() {
  const Step& step = steps()[step_];
  out_.clear();
  sent_ = 0;
  out_ += step.method;
  out_ += ' ';
  append(step.target);
  out_ += " HTTP/1.1\r\nHost: ";
  out_ += run_.host;
  out_ += "\r\n";
  append(step.headers);
  if (run_.options.fresh && prepared_ && step_ + 1 == steps().size()) out_ += "Connection: close\r\n";
  const std::string_view body = step.body == Body::document ? std::string_view(kDocument)
                                : step.body == Body::lock   ? kLockBody
                                                            : std::string_view();
  if (!body.empty()) out_ += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  out_ += "\r\n";
  out_ += body;
}

bool Connection::flush() {
  while (sent_ < out_.size()) {
    const char* data = out_.data() + sent_;
    const std::size_t size = out_.size() - sent_;
    const ssize_t part =
        ssl_ ? SSL_write(ssl_, data, static_cast<int>(size)) : ::send(descriptor_, data, size, MSG_NOSIGNAL);
    if (part <= 0) {
      if (ssl_ ? SSL_get_error(ssl_, static_cast<int>(part)) == SSL_ERROR_WANT_WRITE : errno == EAGAIN)
        return false;
      fail("the server closed a connection it was to keep");
    }
    sent_ += static_cast<std::size_t>(part);
  }
  return true;
}

std::size_t Connection::receive() {
  char* data = in_.data() + received_;
  const std::size_t room = in_.size() - received_;
  if (room == 0) fail("an answer is too long");
  const ssize_t part =
      ssl_ ? SSL_read(ssl_, data, static_cast<int>(room)) : ::recv(descriptor_, data, room, 0);
  if (part > 0) return static_cast<std::size_t>(part);
  if (ssl_ ? SSL_get_error(ssl_, static_cast<int>(part)) == SSL_ERROR_WANT_READ : part < 0 && errno == EAGAIN)
    return 0;
  fail(std::string("the server closed a connection before it answered ") + steps()[step_].method);
}

void Connection::take(const Answer& answer) {
  const Step& step = steps()[step_];
  ++run_.requests;
  if (answer.status != step.status && answer.status != step.otherStatus) {
    fail(std::string(step.method) + ": expected " + std::to_string(step.status) + ", got " +
         std::to_string(answer.status) + "\n" + std::string(answer.head) + std::string(answer.body));
  }
  if (step.givesDocument && answer.body != kDocument) fail("GET gave another document");
  if (step.body == Body::lock) {
    const std::string_view token = field(answer.head, "\r\nLock-Token:", "\r\nlock-token:");
    if (token.size() < 3) fail("LOCK gave no Lock-Token");
    token_ = token.substr(1, token.size() - 2);
  }
  if (++step_ < steps().size()) return sendStep();
  finishUnit();
}

void Connection::finishUnit() {
  if (!prepared_) {
    prepared_ = true;
  } else {
    run_.finished(begun_, Clock::now());
    if (run_.options.fresh) {
      close();
      return open();
    }
  }
  beginUnit();
}

void Connection::append(std::string_view pattern) {
  for (;;) {
    const std::size_t dollar = pattern.find('$');
    out_ += pattern.substr(0, dollar);
    if (dollar == std::string_view::npos) return;
    switch (pattern[dollar + 1]) {
      case 'I':
        out_ += share_;
        break;
      case 'T':
        out_ += token_;
        break;
      case 'H':
        out_ += run_.host;
        break;
      case 'S':
        if (run_.options.tls) out_ += 's';
        break;
    }
    pattern.remove_prefix(dollar + 2);
  }
}

void Connection::nameShare() {
  constexpr std::string_view kPattern = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
  std::uint64_t bits = random_();
  share_ = kPattern;
  std::size_t used = 0;
  for (char& c : share_) {
    if (c != 'x') continue;
    if (used == 16) bits = random_();
    c = "0123456789abcdef"[(bits >> (4 * (used % 16))) & 15U];
    ++used;
  }
}

Run::Run(Options chosen) : options(std::move(chosen)), workload(kWorkloads.at(options.workload)) {
  host = "localhost:" + std::to_string(options.port);
  if (!options.shares.empty()) {
    std::ifstream file(options.shares);
    for (std::string line; std::getline(file, line);) shares.push_back(line);
    if (shares.empty()) fail("no identifiers in " + options.shares);
  }
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) failSystem("epoll_create1");
  if (!options.tls) return;
  context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);  // the chain; the handshake's signature is checked
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // The same for every server.
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context, "X25519");
}

Run::~Run() {
  SSL_CTX_free(context);
  ::close(epoll);
}

bool Run::mayBegin() {
  if (options.count > 0 ? begunUnits_ >= options.count : Clock::now() >= until_) return false;
  ++begunUnits_;
  return true;
}

void Run::finished(Clock::time_point begun, Clock::time_point now) {
  ++endedUnits_;
  last_ = now;
  if (now < from_ || now > until_) return;
  microseconds_.push_back(
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - begun).count()));
}

void Run::go() {
  const auto start = Clock::now();
  const auto span = [](double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  from_ = options.count > 0 ? start : start + span(options.warmUp);
  until_ = options.count > 0 ? Clock::time_point::max() : from_ + span(options.seconds);
  std::random_device device;
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::size_t i = 0; i < options.connections; ++i) {
    connections.push_back(
        std::make_unique<Connection>(*this, (static_cast<std::uint64_t>(device()) << 32) | device()));
    ++active;
    connections.back()->start();
  }
  constexpr int kStall = 10000;
  std::array<epoll_event, 256> events;
  while (active > 0) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), kStall);
    if (count < 0 && errno != EINTR) failSystem("epoll_wait");
    if (count == 0) fail("the server answered nothing for 10 seconds");
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      static_cast<Connection*>(event.data.ptr)->proceed(event.events);
    }
  }
  if (options.count > 0) until_ = last_;
  std::sort(microseconds_.begin(), microseconds_.end());
}

void Run::print() const {
  const auto percentile = [this](double share) {
    if (microseconds_.empty()) return 0U;
    return microseconds_[static_cast<std::size_t>(share * static_cast<double>(microseconds_.size() - 1))];
  };
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double processor = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
                           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  const double seconds = std::chrono::duration<double>(until_ - from_).count();
  std::cout << "{\"workload\":\"" << options.workload << "\",\"connections\":" << options.connections
            << ",\"seconds\":" << seconds << ",\"units\":" << microseconds_.size()
            << ",\"units_in_all\":" << endedUnits_ << ",\"requests_in_all\":" << requests
            << ",\"per_second\":" << static_cast<double>(microseconds_.size()) / seconds
            << ",\"client_processor_us\":"
            << processor / static_cast<double>(std::max<std::uint64_t>(endedUnits_, 1))
            << ",\"latency_us\":{\"p50\":" << percentile(0.5) << ",\"p90\":" << percentile(0.9)
            << ",\"p99\":" << percentile(0.99) << ",\"max\":" << percentile(1) << "}}" << std::endl;
}

constexpr std::string_view kUsage =
    "usage: bench-load --port PORT [--workload transfer|get|put|page|missing|create] [--connections N]\n"
    "                  [--seconds S] [--warm-up S] [--count UNITS] [--shares FILE]\n"
    "                  [--fresh] [--tls]\n"
    "--fresh: a new connection for every unit. --count: so many units instead of a time. --shares:\n"
    "the identifiers of the shares to GET, one a line.\n";

Options readOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--fresh") {
      options.fresh = true;
      continue;
    }
    if (name == "--tls") {
      options.tls = true;
      continue;
    }
    if (++i == argc) fail(name + " is unknown or lacks its value\n" + std::string(kUsage));
    const std::string value = argv[i];
    if (name == "--port") {
      options.port = static_cast<std::uint16_t>(std::stoul(value));
    } else if (name == "--workload") {
      options.workload = value;
    } else if (name == "--connections") {
      options.connections = std::stoul(value);
    } else if (name == "--seconds") {
      options.seconds = std::stod(value);
    } else if (name == "--warm-up") {
      options.warmUp = std::stod(value);
    } else if (name == "--shares") {
      options.shares = value;
    } else if (name == "--count") {
      options.count = std::stoull(value);
    } else {
      fail("unknown option " + name + "\n" + std::string(kUsage));
    }
  }
  if (options.port == 0 || options.connections == 0 || kWorkloads.count(options.workload) == 0)
    fail("give a port, at least one connection, and a workload\n" + std::string(kUsage));
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    Run run(readOptions(argc, argv));
    run.go();
    run.print();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bench-load: " << error.what() << std::endl;
    return 1;
  }
}
