#include <arpa/inet.h>
#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <stdexcept>

#include "server/notify/http_client.h"

namespace tigress::notify {
namespace {

void expect(bool worked) {
  if (!worked) throw std::runtime_error("libcurl cannot send");
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void append(List& list, const std::string& text) {
  curl_slist* const longer = curl_slist_append(list.get(), text.c_str());
  expect(longer != nullptr);
  static_cast<void>(list.release());
  list.reset(longer);
}

std::optional<IpAddress> addressOf(const curl_sockaddr& socket) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (socket.family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in&>(socket.addr).sin_addr;
  if (socket.family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6&>(socket.addr).sin6_addr;
  if (!bytes || !inet_ntop(socket.family, bytes, text.data(), text.size())) return std::nullopt;
  return IpAddress::parse(text.data());
}

class CurlHttpClient final : public HttpClient {
 public:
  explicit CurlHttpClient(HttpClientSettings settings) : settings_(std::move(settings)) {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    multi_.reset(curl_multi_init());
    expect(global == CURLE_OK && multi_ != nullptr);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(settings_.connections));
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(settings_.connections));
  }

  ~CurlHttpClient() override {
    for (const auto& [easy, transfer] : transfers_) curl_multi_remove_handle(multi_.get(), easy);
  }
  CurlHttpClient(const CurlHttpClient&) = delete;
  CurlHttpClient& operator=(const CurlHttpClient&) = delete;

  void send(OutboundRequest request, OutboundDone done) override {
    auto transfer = std::make_unique<Transfer>();
    transfer->easy.reset(curl_easy_init());
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    transfer->answerBytes = settings_.answerBytes;
    CURL* const easy = transfer->easy.get();
    expect(easy != nullptr);
    prepare(*transfer);
    expect(curl_multi_add_handle(multi_.get(), easy) == CURLM_OK);
    transfers_.emplace(easy, std::move(transfer));
  }

  void wait(std::chrono::milliseconds longest) override {
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    if (finishAll()) return;
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr);
    curl_multi_perform(multi_.get(), &running);
    finishAll();
  }

  void wake() override { curl_multi_wakeup(multi_.get()); }

 private:
  struct Transfer {
    std::unique_ptr<CURL, EasyDeleter> easy;
    OutboundRequest request;
    OutboundDone done;
    Response response;
    List headers;
    List lookUps;
    std::size_t answerBytes = 0;
    std::size_t headerBytes = 0;
  };

  template <class Value>
  static void set(const Transfer& transfer, CURLoption option, Value value) {
    expect(curl_easy_setopt(transfer.easy.get(), option, value) == CURLE_OK);
  }

  void prepare(Transfer& transfer) {
    const OutboundRequest& request = transfer.request;
    for (const auto& [name, value] : request.headers)
      append(transfer.headers, std::string(name).append(": ").append(value));
    append(transfer.headers, "Expect:");  // nothing here is long enough to ask first
    set(transfer, CURLOPT_URL, request.url.c_str());
    set(transfer, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    set(transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(transfer, CURLOPT_POSTFIELDS, request.body.c_str());
    set(transfer, CURLOPT_HTTPHEADER, transfer.headers.get());
    set(transfer, CURLOPT_PROTOCOLS_STR, "https");
    set(transfer, CURLOPT_FOLLOWLOCATION, 0L);
    set(transfer, CURLOPT_PROXY, "");
    set(transfer, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(transfer, CURLOPT_SSL_VERIFYPEER, 1L);
    set(transfer, CURLOPT_SSL_VERIFYHOST, 2L);
    set(transfer, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!settings_.authorities.empty()) {
      set(transfer, CURLOPT_CAINFO, settings_.authorities.c_str());
      set(transfer, CURLOPT_CAPATH, nullptr);
    }
    set(transfer, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(transfer, CURLOPT_PIPEWAIT, 1L);  // one connection for all requests to a host
    set(transfer, CURLOPT_NOSIGNAL, 1L);
    set(transfer, CURLOPT_QUICK_EXIT, 1L);  // a look-up that hangs does not hold up the relay's end
    set(transfer, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.timeout.count()));
    set(transfer, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.timeout.count()));
    set(transfer, CURLOPT_USERAGENT, "tigress-relay");
    set(transfer, CURLOPT_OPENSOCKETFUNCTION, &CurlHttpClient::openSocket);
    set(transfer, CURLOPT_OPENSOCKETDATA, this);
    set(transfer, CURLOPT_WRITEFUNCTION, &CurlHttpClient::takeBody);
    set(transfer, CURLOPT_WRITEDATA, &transfer);
    set(transfer, CURLOPT_HEADERFUNCTION, &CurlHttpClient::takeHeader);
    set(transfer, CURLOPT_HEADERDATA, &transfer);
    if (settings_.lookUps) {
      append(transfer.lookUps, settings_.lookUps());
      set(transfer, CURLOPT_RESOLVE, transfer.lookUps.get());
      set(transfer, CURLOPT_FRESH_CONNECT, 1L);
    }
  }

  // The address is one that was looked up a moment ago: whatever a name said before, this is where it leads
  // now.
  static curl_socket_t openSocket(void* client, curlsocktype purpose, curl_sockaddr* address) {
    const auto& settings = static_cast<CurlHttpClient*>(client)->settings_;
    const auto ip = addressOf(*address);
    if (purpose != CURLSOCKTYPE_IPCXN || !ip || !settings.mayConnect || !settings.mayConnect(*ip)) {
      return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  static std::size_t takeBody(char* bytes, std::size_t one, std::size_t size, void* data) {
    auto& transfer = *static_cast<Transfer*>(data);
    if (transfer.response.body.size() + size > transfer.answerBytes) return 0;
    transfer.response.body.append(bytes, one * size);
    return one * size;
  }

  static std::size_t takeHeader(char* bytes, std::size_t one, std::size_t size, void* data) {
    auto& transfer = *static_cast<Transfer*>(data);
    const std::string_view line(bytes, one * size);
    transfer.headerBytes += line.size();
    if (transfer.headerBytes > transfer.answerBytes) return 0;
    if (line.substr(0, 5) == "HTTP/") transfer.response.headers = {};  // after an interim answer
    const std::size_t colon = line.find(':');
    const std::size_t end = line.find_last_not_of("\r\n \t");
    if (colon == std::string_view::npos || colon == 0 || end == std::string_view::npos) return line.size();
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    const std::string_view value = begin <= end ? line.substr(begin, end - begin + 1) : std::string_view();
    transfer.response.headers.add(line.substr(0, colon), value);
    return line.size();
  }

  bool finishAll() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      const CURLcode result = message->data.result;
      curl_multi_remove_handle(multi_.get(), easy);
      const auto found = transfers_.find(easy);
      const std::unique_ptr<Transfer> transfer = std::move(found->second);
      transfers_.erase(found);
      any = true;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      transfer->response.status = static_cast<int>(status);
      transfer->done(result == CURLE_OK ? std::optional<Response>(std::move(transfer->response))
                                        : std::nullopt);
    }
    return any;
  }

  HttpClientSettings settings_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;  // ends before the multi handle
};

}  // namespace

std::unique_ptr<HttpClient> openHttpClient(HttpClientSettings settings) {
  return std::make_unique<CurlHttpClient>(std::move(settings));
}

}  // namespace tigress::notify
