#include "tigress/provisioning_information.h"

namespace tigress::client {

Result<ProvisioningInformation> ProvisioningInformation::parse(std::string_view text) {
  auto json = Json::parse(text, kDepth);
  if (!json) return json.error();
  return from(*std::move(json));
}

Result<ProvisioningInformation> ProvisioningInformation::from(Json json) {
  const std::string* format = json.findString("format");
  const Json* content = json.find("content");
  if (!format || format->empty() || !content || !content->object()) {
    return ParseError{"expected {\"format\": \"NAME\", \"content\": {…}}"};
  }
  if (json.object()->size() != 2) {
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

Json toJson(const std::vector<ProvisioningInformation>& messages) {
  Json::Array array;
  for (const auto& message : messages) array.push_back(message.toJson());
  return array;
}

Result<std::vector<ProvisioningInformation>> messagesFrom(const Json& array) {
  if (!array.array()) return ParseError{"expected an array of messages"};
  std::vector<ProvisioningInformation> messages;
  for (const Json& item : *array.array()) {
    auto message = ProvisioningInformation::from(item);
    if (!message) {
      return ParseError{"message " + std::to_string(messages.size() + 1) +
                        " of the array: " + message.error().detail};
    }
    messages.push_back(*std::move(message));
  }
  return messages;
}

}  // namespace tigress::client
