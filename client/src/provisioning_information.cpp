#include "tigress/provisioning_information.h"

namespace tigress::client {

Result<ProvisioningInformation> ProvisioningInformation::parse(std::string_view text) {
  const auto json = Json::parse(text, kDepth);
  if (!json) return json.error();
  const std::string* format = json->findString("format");
  const Json* content = json->find("content");
  if (!format || format->empty() || !content || !content->object()) {
    return ParseError{"expected {\"format\": \"NAME\", \"content\": {…}}"};
  }
  if (json->object()->size() != 2) {
    return ParseError{"expected only \"format\" and \"content\": other members belong into the content"};
  }
  return ProvisioningInformation{*format, *content};
}

Result<ProvisioningInformation> ProvisioningInformation::wrap(std::string_view format,
                                                              std::string_view content) {
  if (format.empty()) return ParseError{"the format must have a name"};
  auto json = Json::parse(content, kDepth - 1);
  if (!json) return json.error();
  if (!json->object()) return ParseError{"expected a JSON object as content"};
  return ProvisioningInformation{std::string(format), *std::move(json)};
}

Json ProvisioningInformation::toJson() const {
  return Json::Object{{"format", format}, {"content", content}};
}

}  // namespace tigress::client
