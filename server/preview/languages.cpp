#include "server/preview/languages.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "common/text.h"
#include "server/preview/accept.h"
#include "server/preview/embedded_files.h"

namespace tigress::preview {
namespace {

constexpr std::string_view kFolder = "texts/";
constexpr std::string_view kSuffix = ".txt";

// The weight of `en;q=0.5`; nothing if it is broken.
std::optional<int> weightOf(std::string_view parameters) {
  if (parameters.empty()) return 1000;
  const std::size_t equals = parameters.find('=');
  if (equals == std::string_view::npos || !equalsIgnoreCase(trimmed(parameters.substr(0, equals)), "q")) {
    return std::nullopt;
  }
  return parseWeight(trimmed(parameters.substr(equals + 1)));
}

}  // namespace

Language::Language(std::string_view tag, std::string_view file) : tag_(tag) {
  std::size_t number = 0;
  for (const std::string_view line : split(file, '\n')) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    const std::string_view key = trimmed(line.substr(0, equals));
    const std::string_view text =
        equals == std::string_view::npos ? std::string_view() : trimmed(line.substr(equals + 1));
    if (key.empty() || text.empty() || !texts_.emplace(key, Template(text)).second) {
      throw std::logic_error("www/texts/" + tag_ + ".txt, line " + std::to_string(number) +
                             ": expected `key = text` with a new key");
    }
  }
}

std::vector<std::string> Language::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, text] : texts_) keys.push_back(key);
  return keys;
}

std::string Language::text(std::string_view key, const Template::Values& values) const {
  const auto found = texts_.find(key);
  if (found == texts_.end()) {
    throw std::logic_error("www/texts/" + tag_ + ".txt has no text for " + std::string(key));
  }
  return found->second.text(values);
}

std::string Language::text(std::string_view key) const {
  return text(key, [&](std::string_view name) -> std::string {
    throw std::logic_error(std::string(key) + " has a place for " + std::string(name));
  });
}

Languages::Languages(std::string_view defaultTag) : defaultTag_(defaultTag) {
  for (const EmbeddedFile& file : embeddedFiles()) {
    if (!startsWith(file.name, kFolder)) continue;
    const std::size_t length = file.name.size() - kFolder.size() - kSuffix.size();
    languages_.emplace_back(file.name.substr(kFolder.size(), length), file.bytes);
  }
  if (!find(defaultTag_)) throw std::logic_error("there is no www/texts/" + defaultTag_ + ".txt");
}

const Language* Languages::find(std::string_view tag) const {
  const auto found = std::find_if(languages_.begin(), languages_.end(), [&](const Language& language) {
    return equalsIgnoreCase(language.tag(), tag);
  });
  return found == languages_.end() ? nullptr : &*found;
}

const Language& Languages::choose(std::string_view acceptLanguage) const {
  const Language* best = find(defaultTag_);
  int bestWeight = 0;
  for (const std::string_view element : split(acceptLanguage, ',')) {
    const std::size_t semicolon = element.find(';');
    const auto weight = weightOf(
        semicolon == std::string_view::npos ? std::string_view() : trimmed(element.substr(semicolon + 1)));
    if (!weight || *weight <= bestWeight) continue;
    std::string_view tag = trimmed(element.substr(0, semicolon));
    const Language* language = find(tag == "*" ? defaultTag_ : tag);
    while (!language && tag.find('-') != std::string_view::npos) {
      tag = tag.substr(0, tag.rfind('-'));
      language = find(tag);
    }
    if (!language) continue;
    best = language;
    bestWeight = *weight;
  }
  return *best;
}

}  // namespace tigress::preview
