#include "server/dav/if_header.h"

#include "tests/fuzz/promise.h"
#include "tests/fuzz/targets.h"

namespace tigress::fuzz {
namespace {

using dav::IfHeader;

std::string textOf(const IfHeader& header) {
  std::string text;
  for (const IfHeader::List& list : header.lists) {
    if (!list.resource.empty()) text += "<" + list.resource + ">";
    text += "(";
    for (const IfHeader::Condition& condition : list.conditions) {
      if (condition.negated) text += "Not ";
      if (condition.tag) {
        text += std::string("[") + (condition.tag->weak ? "W/" : "") + condition.tag->opaque + "]";
      } else {
        text += "<" + condition.token + ">";
      }
    }
    text += ")";
  }
  return text;
}

}  // namespace

void ifHeader(std::string_view bytes) {
  const auto header = IfHeader::parse(bytes);
  if (!header) {
    promise(!header.error().detail.empty(), "a refusal says why");
    return;
  }
  promise(!header->lists.empty(), "a header has a list");
  const bool tagged = !header->lists.front().resource.empty();
  bool anyNegated = false;
  for (const IfHeader::List& list : header->lists) {
    promise(!list.conditions.empty(), "a list has a condition");
    promise(list.resource.empty() != tagged, "all lists are tagged or none is");
    for (const IfHeader::Condition& condition : list.conditions) {
      promise(condition.token.empty() == condition.tag.has_value(), "a condition is a token or a tag");
      anyNegated = anyNegated || condition.negated;
    }
  }
  const auto again = IfHeader::parse(textOf(*header));
  promise(static_cast<bool>(again), "what was read can be written and read again");
  promise(textOf(*again) == textOf(*header), "and means the same");
  const auto tokens = header->submittedTokens();
  const bool whereNothingIs = dav::holds(*header, [](const std::string&) { return dav::ResourceState{}; });
  promise(anyNegated || !whereNothingIs, "without Not, nothing holds where nothing is");
  dav::holds(*header, [&](const std::string&) { return dav::ResourceState{"\"x\"", tokens}; });
}

}  // namespace tigress::fuzz
