#include "tigress/share_document.h"

#include "common/base64.h"
#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace tigress::fuzz {
namespace {

void checkJson(std::string_view bytes) {
  const auto value = Json::parse(bytes);
  if (!value) return;
  const auto again = Json::parse(value->dump());
  promise(again && *again == *value && again->dump() == value->dump(), "JSON comes back as it was");
  const auto indented = Json::parse(value->dump(1));
  promise(indented && *indented == *value, "indented too");
}

}  // namespace

void shareDocument(std::string_view bytes) {
  checkJson(bytes);
  const auto document = parseShareDocument(bytes);
  const auto creation = parseCreationDocument(bytes);
  if (document) {
    promise(base64Decode(document->payload.data).has_value(), "a payload is base64");
    promise(static_cast<bool>(creation), "what can be put can be created");
    promise(creation->stored == bytes, "and is stored to the byte");
    const auto again = parseShareDocument(toJson(*document).dump());
    promise(again && again->payload.data == document->payload.data && again->display == document->display,
            "a document can be written and read again");
  }
  if (!creation) return;
  const auto stored = parseShareDocument(creation->stored);
  promise(static_cast<bool>(stored), "what is stored of a creation is a document");
  promise(stored->payload.data == creation->document.payload.data &&
              stored->display == creation->document.display,
          "with the same payload and display");
}

}  // namespace tigress::fuzz
