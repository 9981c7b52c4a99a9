#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tigress::preview {

/// What a User-Agent says about who asks. Only a hint: the Accept header has been heard before.
enum class AgentKind {
  previewer,  ///< builds a link preview: a messaging app, a chat server, an embedding service
  client,     ///< a wallet, an HTTP library, a command line, a WebDAV client
  generic,    ///< names a web page about itself, or claims to be a browser
  unknown,
};

/// The tables of known agents. Immutable after construction; any thread may ask.
class UserAgents {
 public:
  /// The shipped tables, and `morePreviewTokens` of the operator: each is looked for anywhere in the
  /// User-Agent, without regard to case. An empty one is ignored (it would match everybody).
  explicit UserAgents(const std::vector<std::string>& morePreviewTokens = {});

  /// The first that holds, in the order of AgentKind. Looks at the first 512 bytes at most; the cost
  /// grows with them and with the tables only (no pattern of the peer's is ever run).
  AgentKind classify(std::string_view userAgent) const;

  /// The tables without an operator's list.
  static const UserAgents& shipped();

 private:
  std::vector<std::string> morePreviewTokens_;
};

}  // namespace tigress::preview
