#include "client/src/dav_folder.h"

#include "client/src/dav_share.h"
#include "common/dav_xml.h"
#include "common/text.h"
#include "tigress/http_message.h"

namespace tigress::client {
namespace {

// The path of a URL or of an absolute reference, decoded and without a slash at its end; empty if it cannot
// be read.
std::string pathOf(std::string_view reference) {
  if (const std::size_t scheme = reference.find("://"); scheme != std::string_view::npos) {
    reference.remove_prefix(std::min(reference.find('/', scheme + 3), reference.size()));
  }
  std::string path = percentDecode(reference).value_or(std::string());
  if (!path.empty() && path.back() == '/') path.pop_back();
  return path;
}

Result<std::vector<ListedResource>, Failure> askForTypes(Transport& transport, const std::string& url,
                                                         const char* depth) {
  Request propfind{"PROPFIND", url, {{"Content-Type", std::string(kXmlContentType)}, {"Depth", depth}}, {}};
  propfind.body = formatPropfind({{std::string(kDavNamespace), "resourcetype"}});
  auto answer = transport.exchange(propfind, kAnswerTime);
  if (!answer && answer.error().code == FailureCode::answerLost)
    answer = transport.exchange(propfind, kAnswerTime);
  if (!answer) return answer.error();
  if (answer->status != 207) return folderFailureOf(*answer, propfind.method);
  return resourcesIn(answer->body);
}

}  // namespace

Result<DavClasses, Failure> askForClasses(Transport& transport, const std::string& url) {
  const auto answer = transport.exchange({"OPTIONS", url, {}, {}}, kAnswerTime);
  if (!answer) return answer.error();
  if (answer->status == 401) return folderFailureOf(*answer, "OPTIONS");
  DavClasses classes;
  if (answer->status < 200 || answer->status >= 300) return classes;
  const std::string list = answer->headers.joined("DAV").value_or(std::string());
  for (const std::string_view word : split(list, ',')) {
    if (word == "1") classes.webdav = true;
    if (word == "2") classes.locks = true;
  }
  return classes;
}

Result<void, Failure> checkFolder(Transport& transport, const std::string& url) {
  const auto found = askForTypes(transport, url, "0");
  if (!found) {
    if (found.error().code == FailureCode::notFoundOrExpired) {
      return Failure{FailureCode::refusedByPolicy, "the folder is not there"};
    }
    return found.error();
  }
  if (!found->empty() && found->front().collection) return {};
  return Failure{FailureCode::refusedByPolicy, "what is there is no folder"};
}

Result<std::vector<Member>, Failure> listFolder(Transport& transport, const std::string& url) {
  const auto found = askForTypes(transport, url, "1");
  if (!found) return found.error();
  const std::string parent = pathOf(url) + "/";
  std::vector<Member> members;
  for (const ListedResource& resource : *found) {
    const std::string path = pathOf(resource.href);
    if (!startsWith(path, parent) || path.size() == parent.size()) continue;
    const std::string name = path.substr(parent.size());
    if (name.find('/') == std::string::npos) members.push_back({name, resource.collection});
  }
  return members;
}

}  // namespace tigress::client
