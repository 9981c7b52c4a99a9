#include "server/preview/user_agents.h"

#include <algorithm>
#include <cstdint>

#include "common/text.h"

namespace tigress::preview {
namespace {

constexpr std::size_t kLongestUserAgent = 512;

enum class Where {
  anywhere,
  atStart,
  wholeProduct,  ///< at the start, then a slash or the end
};

// Which letters stand in a text, as bits; blanks, digits and signs are left out.
constexpr std::uint32_t lettersOf(std::string_view text) {
  std::uint32_t letters = 0;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') letters |= std::uint32_t{1} << (c - 'a');
  }
  return letters;
}

struct Row {
  constexpr Row(std::string_view name, Where place) : token(name), where(place), letters(lettersOf(name)) {}
  std::string_view token;  ///< lower case
  Where where;
  std::uint32_t letters;  ///< what lacks one of them need not be searched
};

// Who builds link previews. One row per crawler; what many of them share ("facebookexternalhit" in
// iMessage, KakaoTalk and LINE) still leaves each its own row, since they drop such words at will.
constexpr Row kPreviewers[] = {
    {"facebookexternalhit", Where::anywhere},
    {"facebot", Where::anywhere},
    {"facebookcatalog", Where::anywhere},
    {"meta-externalhit", Where::anywhere},
    {"meta-externalfetcher", Where::anywhere},
    {"meta-externalagent", Where::anywhere},
    {"whatsapp", Where::anywhere},  // Signal, too
    {"telegrambot", Where::anywhere},
    {"twitterbot", Where::anywhere},
    {"slackbot", Where::anywhere},
    {"slack-imgproxy", Where::anywhere},
    {"discordbot", Where::anywhere},
    {"linkedinbot", Where::anywhere},
    {"skypeuripreview", Where::anywhere},  // Teams
    {"microsoftpreview", Where::anywhere},
    {"bingpreview", Where::anywhere},
    {"googlemessages", Where::anywhere},
    {"google-pagerenderer", Where::anywhere},
    {"developers.google.com/+/web/snippet", Where::anywhere},
    {"line-poker", Where::anywhere},
    {"kakaotalk-scrap", Where::anywhere},
    {"viber", Where::wholeProduct},
    {"viberbot", Where::anywhere},
    {"snap url preview", Where::anywhere},
    {"snapurlpreview", Where::anywhere},
    {"mastodon/", Where::anywhere},
    {"pleroma", Where::anywhere},
    {"akkoma", Where::anywhere},
    {"misskey", Where::anywhere},
    {"gotosocial", Where::anywhere},
    {"lemmy/", Where::anywhere},
    {"friendica", Where::anywhere},
    {"synapse ", Where::atStart},  // the Matrix home server; Apache Synapse writes a slash or a hyphen
    {"matrix-media-repo", Where::anywhere},
    {"cardyb", Where::anywhere},
    {"blueskypreviewbot", Where::anywhere},
    {"bluesky/", Where::atStart},
    {"zulipurlpreview", Where::anywhere},
    {"rocket.chat/", Where::anywhere},
    {"mattermost-bot", Where::anywhere},
    {"embedly", Where::anywhere},
    {"iframely", Where::anywhere},
    {"redditbot", Where::anywhere},
    {"pinterest/", Where::anywhere},
    {"pinterestbot", Where::anywhere},
    {"tumblr/", Where::anywhere},
    {"vkshare", Where::anywhere},
    {"flipboardproxy", Where::anywhere},
    {"evernoterichlinkbot", Where::anywhere},
    {"dingtalkbot-linkservice", Where::anywhere},
    {"clickuplinkunfurler", Where::anywhere},
    {"unfurl", Where::anywhere},
    {"linkexpand", Where::anywhere},
    {"opengraph", Where::anywhere},
    {"embedbot", Where::anywhere},
};

// "LinkPreview", "url-preview", "Rich Preview": what the many small ones call themselves.
constexpr std::string_view kPreviewed[] = {"link", "url", "page", "rich"};

// Who wants the share itself.
constexpr Row kClients[] = {
    {"curl", Where::atStart},       {"wget", Where::atStart},
    {"node", Where::atStart},       {"undici", Where::atStart},
    {"axios", Where::atStart},      {"got", Where::atStart},
    {"okhttp", Where::atStart},     {"dalvik", Where::atStart},
    {"java/", Where::atStart},      {"apache-httpclient", Where::atStart},
    {"python", Where::atStart},     {"aiohttp", Where::atStart},
    {"httpx", Where::atStart},      {"go-http", Where::atStart},
    {"reqwest", Where::atStart},    {"hyper", Where::atStart},
    {"ruby", Where::atStart},       {"faraday", Where::atStart},
    {"php", Where::atStart},        {"guzzle", Where::atStart},
    {"libwww", Where::atStart},     {"httpie", Where::atStart},
    {"postman", Where::atStart},    {"insomnia", Where::atStart},
    {"cfnetwork", Where::anywhere}, {"com.google.android.gms", Where::anywhere},
    {"mirall", Where::anywhere},    {"webdav", Where::anywhere},
    {"davfs", Where::anywhere},     {"gvfs", Where::anywhere},
    {"neon/", Where::anywhere},     {"cadaver", Where::anywhere},
    {"litmus", Where::anywhere},    {"cyberduck", Where::anywhere},
    {"rclone", Where::anywhere},    {"davx5", Where::anywhere},
    {"miniredir", Where::anywhere}, {"mini-redir", Where::anywhere},
};

// Anybody else who is rather a program that looks at pages than one that takes shares.
constexpr Row kGeneric[] = {
    {"+http://", Where::anywhere}, {"+https://", Where::anywhere}, {"mozilla/", Where::atStart},
    {"elinks", Where::atStart},   // two browsers that claim to be no other and send
    {"links (", Where::atStart},  // Accept: */*
};

bool contains(std::string_view text, std::string_view token) {
  return text.find(token) != std::string_view::npos;
}

bool matches(const Row& row, std::string_view agent) {
  switch (row.where) {
    case Where::anywhere:
      return contains(agent, row.token);
    case Where::atStart:
      return startsWith(agent, row.token);
    case Where::wholeProduct:
      return startsWith(agent, row.token) &&
             (agent.size() == row.token.size() || agent[row.token.size()] == '/');
  }
  return false;
}

template <std::size_t size>
bool matchesAny(const Row (&rows)[size], std::string_view agent, std::uint32_t letters) {
  return std::any_of(std::begin(rows), std::end(rows),
                     [&](const Row& row) { return (row.letters & ~letters) == 0 && matches(row, agent); });
}

bool endsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

// One of kPreviewed, at most one separator, "preview".
bool namesPreview(std::string_view agent) {
  constexpr std::string_view kPreview = "preview";
  constexpr std::string_view kSeparators = " -_";
  for (std::size_t at = agent.find(kPreview); at != std::string_view::npos;
       at = agent.find(kPreview, at + 1)) {
    std::string_view before = agent.substr(0, at);
    if (!before.empty() && contains(kSeparators, before.substr(before.size() - 1))) before.remove_suffix(1);
    if (std::any_of(std::begin(kPreviewed), std::end(kPreviewed),
                    [&](std::string_view word) { return endsWith(before, word); })) {
      return true;
    }
  }
  return false;
}

}  // namespace

UserAgents::UserAgents(const std::vector<std::string>& morePreviewTokens) {
  for (const std::string& token : morePreviewTokens) {
    if (!token.empty()) morePreviewTokens_.push_back(asciiLower(token));
  }
}

AgentKind UserAgents::classify(std::string_view userAgent) const {
  const std::string agent = asciiLower(trimmed(userAgent.substr(0, kLongestUserAgent)));
  if (agent.empty()) return AgentKind::unknown;
  const std::uint32_t letters = lettersOf(agent);
  const bool asOperatorSays = std::any_of(morePreviewTokens_.begin(), morePreviewTokens_.end(),
                                          [&](const std::string& token) { return contains(agent, token); });
  if (asOperatorSays || matchesAny(kPreviewers, agent, letters) || namesPreview(agent))
    return AgentKind::previewer;
  if (matchesAny(kClients, agent, letters)) return AgentKind::client;
  if (matchesAny(kGeneric, agent, letters)) return AgentKind::generic;
  return AgentKind::unknown;
}

const UserAgents& UserAgents::shipped() {
  static const UserAgents agents;
  return agents;
}

}  // namespace tigress::preview
