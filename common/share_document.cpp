#include "tigress/share_document.h"

#include <algorithm>
#include <array>

#include "common/base64.h"

namespace tigress {
namespace {

constexpr std::size_t kDigestBytes = 32;

// Members of a creation that are for the relay alone.
constexpr std::array<std::string_view, 2> kPrivateMembers = {"mailboxConfiguration", "notificationToken"};

Result<Payload> readPayload(const Json& root) {
  const Json* payload = root.find("payload");
  if (!payload || !payload->object()) {
    return ParseError{"expected an object member \"payload\" with \"type\" and \"data\""};
  }
  const std::string* type = payload->findString("type");
  if (!type || (*type != kAes128Gcm && *type != kAes256Gcm)) {
    return ParseError{"payload.type must be \"AEAD_AES_128_GCM\" or \"AEAD_AES_256_GCM\""};
  }
  const std::string* data = payload->findString("data");
  if (!data || data->empty() || !base64Decode(*data)) {
    return ParseError{"payload.data must be a non-empty string of standard base64"};
  }
  return Payload{*type, *data};
}

Result<DisplayInformation> readDisplay(const Json& root) {
  DisplayInformation display;
  const Json* information = root.find("displayInformation");
  if (!information) return display;
  if (!information->object()) return ParseError{"displayInformation must be an object"};
  const std::array<std::pair<std::string_view, std::optional<std::string>*>, 3> fields = {
      {{"title", &display.title}, {"description", &display.description}, {"imageURL", &display.imageUrl}}};
  for (const auto& [name, target] : fields) {
    const Json* value = information->find(name);
    if (!value) continue;
    if (!value->string()) return ParseError{"displayInformation." + std::string(name) + " must be a string"};
    *target = *value->string();
  }
  return display;
}

bool isAccessRights(std::string_view text) {
  constexpr std::string_view kLetters = "RWD";
  const bool known = text.find_first_not_of(kLetters) == std::string_view::npos;
  const bool once = std::all_of(kLetters.begin(), kLetters.end(), [&](char letter) {
    return std::count(text.begin(), text.end(), letter) <= 1;
  });
  return !text.empty() && known && once;
}

Result<MailboxConfiguration> readConfiguration(const Json& root) {
  MailboxConfiguration configuration;
  const Json* value = root.find("mailboxConfiguration");
  if (!value) return configuration;
  if (!value->object()) return ParseError{"mailboxConfiguration must be an object"};
  if (const Json* expiration = value->find("expiration")) {
    if (expiration->string()) configuration.expiration = parseRfc3339(*expiration->string());
    if (!configuration.expiration) {
      return ParseError{
          "mailboxConfiguration.expiration must be an RFC 3339 time such as \"2026-11-21T12:00:00Z\""};
    }
  }
  if (const Json* rights = value->find("accessRights")) {
    if (!rights->string() || !isAccessRights(*rights->string())) {
      return ParseError{
          "mailboxConfiguration.accessRights must be made of the letters R, W and D, each once"};
    }
    configuration.accessRights = *rights->string();
  }
  if (const Json* verifier = value->find("claimVerifier")) {
    if (verifier->string()) configuration.claimVerifier = base64UrlDecode(*verifier->string());
    if (!configuration.claimVerifier || configuration.claimVerifier->size() != kDigestBytes) {
      return ParseError{"mailboxConfiguration.claimVerifier must be base64url of a SHA-256 digest"};
    }
  }
  return configuration;
}

Result<Json> readRoot(std::string_view body) {
  if (body.empty()) {
    return ParseError{
        "the body is empty; send a share document, a JSON object whose \"payload\" has \"type\" and "
        "\"data\""};
  }
  return Json::parse(body, kShareDocumentDepth);
}

Result<ShareDocument> readDocument(const Json& root) {
  if (!root.object()) return ParseError{"expected a JSON object"};
  auto payload = readPayload(root);
  if (!payload) return payload.error();
  auto display = readDisplay(root);
  if (!display) return display.error();
  return ShareDocument{std::move(*payload), std::move(*display)};
}

}  // namespace

std::optional<NotificationToken> readNotificationToken(const Json& body) {
  const Json* token = body.find("notificationToken");
  if (!token || token->isNull()) return std::nullopt;
  const std::string* type = token->findString("type");
  const std::string* data = token->findString("tokenData");
  return type && data ? NotificationToken{*type, *data} : NotificationToken{};
}

Result<ShareDocument> parseShareDocument(std::string_view body) {
  const auto root = readRoot(body);
  if (!root) return root.error();
  for (const std::string_view name : kPrivateMembers) {
    if (root->find(name)) {
      return ParseError{
          "\"" + std::string(name) +
          "\" belongs in the POST that creates a share; in a PUT the other device would read it"};
    }
  }
  return readDocument(*root);
}

Result<CreationDocument> parseCreationDocument(std::string_view body) {
  auto root = readRoot(body);
  if (!root) return root.error();
  auto document = readDocument(*root);
  if (!document) return document.error();
  auto configuration = readConfiguration(*root);
  if (!configuration) return configuration.error();
  CreationDocument creation{std::move(*document), *configuration, readNotificationToken(*root), {}};
  bool stripped = false;
  for (const std::string_view name : kPrivateMembers) {
    if (!root->find(name)) continue;
    root->erase(name);
    stripped = true;
  }
  creation.stored = stripped ? root->dump() : std::string(body);
  return creation;
}

Json toJson(const ShareDocument& document) {
  Json::Object root = {
      {"payload", Json::Object{{"type", document.payload.type}, {"data", document.payload.data}}}};
  Json::Object display;
  if (document.display.title) display.push_back({"title", *document.display.title});
  if (document.display.description) display.push_back({"description", *document.display.description});
  if (document.display.imageUrl) display.push_back({"imageURL", *document.display.imageUrl});
  if (!display.empty()) root.push_back({"displayInformation", std::move(display)});
  return root;
}

}  // namespace tigress
