#include "tests/client/fake_dav_server.h"

#include "common/text.h"
#include "tests/catch.h"

namespace tigress::client {
namespace {

std::string parentOf(const std::string& path) {
  return path.substr(0, path.rfind('/', path.size() - 2) + 1);
}

}  // namespace

FakeDavServer::FakeDavServer() {
  resources["/"] = {{}, true};
  resources[kFolder] = {{}, true};
}

Result<Response, Failure> FakeDavServer::exchange(const Request& request, std::chrono::seconds) {
  REQUIRE(startsWith(request.target, kOrigin));
  REQUIRE(request.target.find('#') == std::string::npos);
  requests.push_back(request);
  if (const auto found = before.find(request.method); found != before.end()) {
    const auto run = found->second;
    before.erase(found);
    run();
  }
  if (!answers.empty()) {
    Response response = answers.front();
    answers.pop_front();
    return response;
  }
  Response response = answer(request);
  response.headers.add("Date", formatHttpDate(now));
  if (loseAnswers[request.method] > 0) {
    --loseAnswers[request.method];
    return Failure{FailureCode::answerLost, "the answer got lost"};
  }
  return response;
}

Environment FakeDavServer::environment() {
  Environment environment{*this};
  environment.random = [this](void* out, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      random_ = random_ * 1103515245U + 12345U;
      static_cast<unsigned char*>(out)[i] = static_cast<unsigned char>(random_ >> 16);
    }
  };
  environment.now = [this] { return now; };
  environment.sleep = [this](std::chrono::milliseconds time) {
    now += time;
    if (whileWaiting) whileWaiting();
  };
  return environment;
}

FakeDavServer::Resource& FakeDavServer::document() {
  Resource* found = nullptr;
  for (auto& [path, resource] : resources) {
    if (resource.collection) continue;
    REQUIRE_FALSE(found);
    found = &resource;
  }
  REQUIRE(found);
  return *found;
}

std::vector<std::string> FakeDavServer::methods() const {
  std::vector<std::string> names;
  for (const Request& request : requests) names.push_back(request.method);
  return names;
}

std::string FakeDavServer::tagOf(const Resource& resource) const {
  const std::string tag = "\"" + std::to_string(resource.version) + "\"";
  return tags == Tags::none ? std::string() : tags == Tags::weak ? "W/" + tag : tag;
}

// Whether a lock keeps this request from the resource.
bool FakeDavServer::bars(const Request& request, const Resource& resource) const {
  return !resource.lockToken.empty() && holdsLocks &&
         request.headers.get("If").find("(<" + resource.lockToken + ">)") == std::string_view::npos;
}

Response FakeDavServer::answer(const Request& request) {
  const std::string path = request.target.substr(std::string(kOrigin).size());
  const auto found = resources.find(path);
  const bool there = found != resources.end();
  const std::string& method = request.method;
  if (request.headers.has("If") && !startsWith(request.headers.get("If"), ifPrefix)) return {412, {}, {}};
  if (method == "OPTIONS") return {200, {{"DAV", hasLocks ? "1, 2" : "1"}}, {}};
  if (method == "PUT") return put(request, path);
  if (method == "MKCOL") {
    if (!knowsMkcol || there) return {405, {}, {}};
    if (resources.count(parentOf(path)) == 0) return {409, {}, {}};
    resources[path] = {{}, true};
    return {201, {}, {}};
  }
  if ((method == "LOCK" || method == "UNLOCK") && !hasLocks) return {405, {}, {}};
  if (method == "LOCK") return lock(path);
  if (!there) return {404, {}, {}};
  Resource& resource = found->second;
  if (method == "GET") {
    Response response{200, {}, resource.body};
    if (tags != Tags::none) response.headers.add("ETag", tagOf(resource));
    return response;
  }
  if (method == "PROPFIND") return propfind(request, path);
  if (method == "UNLOCK") {
    if (request.headers.get("Lock-Token") != "<" + resource.lockToken + ">") return {409, {}, {}};
    resource.lockToken.clear();
    return {204, {}, {}};
  }
  if (method == "DELETE") {
    if (bars(request, resource)) return {423, {}, {}};
    if (!resource.collection) {
      resources.erase(found);
      return {204, {}, {}};
    }
    const auto end = resources.lower_bound(path.substr(0, path.size() - 1) + "0");  // '0' follows '/'
    resources.erase(found, end);
    return {204, {}, {}};
  }
  return {501, {}, {}};
}

Response FakeDavServer::put(const Request& request, const std::string& path) {
  if (!takesFiles) return {403, {}, {}};
  if (resources.count(parentOf(path)) == 0) return {409, {}, {}};
  const bool there = resources.count(path) > 0;
  if (honoursIfNoneMatch && there && request.headers.get("If-None-Match") == "*") return {412, {}, {}};
  Resource& resource = resources[path];
  if (bars(request, resource)) return {423, {}, {}};
  if (honoursIfMatch && request.headers.has("If-Match") &&
      (tags != Tags::strong || request.headers.get("If-Match") != tagOf(resource))) {
    if (!there) resources.erase(path);
    return {412, {}, {}};
  }
  resource.body = request.body;
  resource.version = ++versions_;
  return {there ? 204 : 201, {}, {}};
}

Response FakeDavServer::lock(const std::string& path) {
  if (resources.count(parentOf(path)) == 0) return {409, {}, {}};
  const bool there = resources.count(path) > 0;
  Resource& resource = resources[path];
  if (!resource.lockToken.empty()) return {423, {}, {}};
  resource.lockToken = "urn:uuid:7f3e0c5e-0000-4000-8000-00000000000" + std::to_string(++locks_);
  return {there ? 200 : 201, {{"Lock-Token", "<" + resource.lockToken + ">"}}, {}};
}

Response FakeDavServer::propfind(const Request& request, const std::string& path) const {
  std::string responses;
  for (const auto& [name, resource] : resources) {
    const bool self = name == path;
    const bool child = request.headers.get("Depth") == "1" && name != "/" && parentOf(name) == path;
    if (!self && !child) continue;
    const std::string lock = resource.lockToken.empty() || !showsTokens
                                 ? std::string()
                                 : "<D:activelock><D:locktoken><D:href>" + resource.lockToken +
                                       "</D:href></D:locktoken></D:activelock>";
    responses += "<D:response><D:href>" + name + "</D:href><D:propstat><D:prop><D:lockdiscovery>" + lock +
                 "</D:lockdiscovery><D:resourcetype>" + (resource.collection ? "<D:collection/>" : "") +
                 "</D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
  }
  return {
      207, {}, "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">" + responses + "</D:multistatus>"};
}

}  // namespace tigress::client
