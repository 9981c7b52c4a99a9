#include "client/cli/offering.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include "client/cli/connection.h"
#include "client/cli/delivery.h"
#include "client/cli/history_file.h"
#include "client/cli/input.h"
#include "client/cli/kind.h"
#include "client/cli/qr_code.h"
#include "client/cli/settings.h"
#include "common/text.h"

namespace tigress::cli {
namespace {

// From the file, else from the environment; never from the command line, which others can read.
Result<std::string, Complaint> readCreateToken(const Arguments& arguments) {
  std::string text;
  if (arguments.createTokenFile) {
    auto read = readSecretFile(*arguments.createTokenFile, "--create-token-file");
    if (!read) return read.error();
    text = *std::move(read);
  } else if (const char* value = std::getenv("TIGRESS_CREATE_TOKEN")) {
    text = value;
  }
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (printable) return text;
  return usageComplaint("this is no token", "give what tigress-relay token add printed, and nothing else");
}

// `resumed`: an earlier attempt may have made the share already.
Result<Transfer, Complaint> finish(const Arguments& arguments, Terminal& terminal,
                                   const client::Environment& environment, client::Creation creation,
                                   bool resumed) {
  const StateFile file(arguments);
  auto token = readCreateToken(arguments);
  if (!token) {
    if (!resumed) file.forget();
    return token.error();
  }
  client::Environment making = environment;
  making.createToken = *std::move(token);
  terminal.progress("creating the share");
  auto sender = client::Sender::create(std::move(making), std::move(creation));
  if (!sender) {
    const client::FailureCode code = sender.error().code;
    Complaint complaint = complaintOf(sender.error());
    if (!resumed && (!passes(code) || code == client::FailureCode::unreachable)) {
      file.forget();
    } else if (file.wanted()) {
      complaint.hint += "; then go on with the same --state and nothing to send";
    }
    return complaint;
  }
  Transfer transfer{*std::move(sender), true};
  if (const auto kept = file.keep(transfer.session, transfer.linkDue); !kept) {
    (void)transfer.session.remove();
    file.forget();
    return kept.error();
  }
  return transfer;
}

// In bytes, if the relay does not go by a longer name.
std::size_t longestLink(const SharePlace& place) {
  constexpr std::string_view kRest = "/v1/570506ed-38f0-4d45-8494-548c83abc00c/share.json?v=c#";
  constexpr std::size_t kKey = 43;
  return place.origin.size() + place.folder.size() + kRest.size() + kKey;
}

// The link is handed out: what is wrong with the list no longer stops anything.
void noteInHistory(const Arguments& arguments, Terminal& terminal, const client::Session& session) {
  const auto history = HistoryFile::open();
  const Done noted = history ? history->append(arguments, session) : Done(history.error());
  if (!noted) terminal.warn("the share is not in the history: " + noted.error().message);
}

}  // namespace

std::optional<TimePoint> parseExpiry(std::string_view text, TimePoint now) {
  constexpr std::uint64_t kMostUnits = 1'000'000;
  if (text.empty()) return std::nullopt;
  const auto count = parseUnsigned(text.substr(0, text.size() - 1), kMostUnits);
  if (!count) return parseRfc3339(text);
  switch (text.back()) {
    case 's':
      return now + std::chrono::seconds(*count);
    case 'm':
      return now + std::chrono::minutes(*count);
    case 'h':
      return now + std::chrono::hours(*count);
    case 'd':
      return now + std::chrono::hours(24 * *count);
    default:
      return std::nullopt;
  }
}

Result<Transfer, Complaint> offerShare(const Arguments& arguments, Terminal& terminal,
                                       const client::Environment& environment,
                                       std::vector<client::ProvisioningInformation> messages) {
  const auto place = readPlace(arguments.relay.value_or(std::string(kDefaultRelay)), "--relay");
  if (!place) return place.error();
  const Kind& kind = kindOf(arguments.vertical.value_or("general"));

  client::Offer offer{std::move(messages.front()), {}, kind.vertical, std::nullopt};
  offer.following.assign(std::make_move_iterator(messages.begin() + 1),
                         std::make_move_iterator(messages.end()));
  offer.display.title = arguments.title.value_or(std::string(kind.title));
  offer.display.description = arguments.description.value_or(std::string(kind.description));
  for (const auto& [option, text] :
       {std::pair("--title", offer.display.title), std::pair("--description", offer.display.description)}) {
    if (!isUtf8(*text)) {
      return usageComplaint(std::string(option) + ": this is no text in UTF-8",
                            "set the terminal, or what made the text, to UTF-8");
    }
  }
  if ((arguments.qr || arguments.qrPng) && !fitsQrCode(longestLink(*place))) {
    return usageComplaint("a link into this folder is too long for a QR code",
                          "leave --qr and --qr-png out, or take a folder with a shorter name");
  }
  offer.open = arguments.open;
  if (arguments.expires) {
    offer.expires = parseExpiry(*arguments.expires, systemNow());
    if (!offer.expires) {
      return usageComplaint("--expires: this is neither a span nor a time",
                            "give 30m, 24h, 2d or 2026-11-21T12:00:00Z");
    }
  }
  if (!place->isRelay() && !arguments.open) {
    terminal.warn(
        "this server is no relay and keeps nobody out: who has the link's address and may use the folder can "
        "take, replace or remove the share (--open says that you know)");
  }
  client::Creation creation(environment, *place, offer);
  if (const auto kept = StateFile(arguments).begin(creation); !kept) return kept.error();
  return finish(arguments, terminal, environment, std::move(creation), false);
}

Result<Transfer, Complaint> goOn(const Arguments& arguments, Terminal& terminal,
                                 const client::Environment& environment) {
  auto kept = StateFile(arguments).load(environment);
  if (!kept) return kept.error();
  if (auto* transfer = std::get_if<Transfer>(&*kept)) return std::move(*transfer);
  return finish(arguments, terminal, environment, std::get<client::Creation>(*std::move(kept)), true);
}

Done handOutLink(const Arguments& arguments, Terminal& terminal, client::Session& session) {
  const StateFile file(arguments);
  const std::string key = session.link().secret.toFragment();
  const std::string link = arguments.split ? session.link().url.toString() : session.link().reveal();
  Json::Object object = {{"link", link}};
  if (arguments.split) object.push_back({"key", key});
  if (session.expires()) object.push_back({"expires", formatRfc3339(*session.expires())});
  auto delivered = deliver(arguments, terminal,
                           {{arguments.split ? link + "\n" + key : link, std::move(object), "created"}});
  if (!delivered) {
    if (!file.wanted()) (void)session.remove();
    return delivered;
  }
  if (const auto kept = file.keep(session); !kept) return kept;
  const bool drawable = fitsQrCode(link.size());
  if ((arguments.qr || arguments.qrPng) && !drawable) {
    terminal.warn("the relay goes by so long a name that no QR code holds the link");
  }
  if (arguments.qrPng && drawable) {
    if (auto drawn = writeFile(*arguments.qrPng, qrPicture(link), "--qr-png"); !drawn) return drawn;
  }
  if (arguments.qr && drawable) terminal.picture(qrCode(link, terminal.colors()));
  if (arguments.history) noteInHistory(arguments, terminal, session);
  if (session.expires()) {
    terminal.note("This link opens the share until " + formatRfc3339(*session.expires()) +
                  ". Send it to one person only.");
  }
  return {};
}

}  // namespace tigress::cli
