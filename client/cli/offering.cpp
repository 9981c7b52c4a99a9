#include "client/cli/offering.h"

#include "client/cli/delivery.h"
#include "client/cli/kind.h"
#include "client/cli/qr_code.h"
#include "common/text.h"

namespace tigress::cli {
namespace {

constexpr std::string_view kDefaultRelay = "https://localhost:8443";

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

Result<client::Sender, Complaint> offerShare(const Arguments& arguments, Terminal& terminal,
                                             client::Transport& transport,
                                             client::ProvisioningInformation information) {
  const auto origin = parseOrigin(arguments.relay.value_or(std::string(kDefaultRelay)));
  if (!origin) return usageComplaint("--relay: " + origin.error().detail, "give it as https://relay.example");
  const auto kind = kindOf(arguments.vertical.value_or("general"));
  if (!kind) return usageComplaint("--vertical: there is no such kind", "give car, home, hotel or general");

  client::Offer offer{std::move(information), {}, kind->vertical, std::nullopt};
  offer.display.title = arguments.title.value_or(std::string(kind->title));
  offer.display.description = arguments.description.value_or(std::string(kind->description));
  offer.open = arguments.open;
  if (arguments.expires) {
    offer.expires = parseExpiry(*arguments.expires, systemNow());
    if (!offer.expires) {
      return usageComplaint("--expires: this is neither a span nor a time",
                            "give 30m, 24h, 2d or 2026-11-21T12:00:00Z");
    }
  }
  terminal.progress("creating the share");
  auto sender = client::Sender::create({transport}, *origin, offer);
  if (!sender) return complaintOf(sender.error());
  return *std::move(sender);
}

Done keepOrRemove(const StateFile& file, client::Sender& sender) {
  auto kept = file.keep(sender);
  if (!kept) (void)sender.remove();
  return kept;
}

Done handOutLink(const Arguments& arguments, Terminal& terminal, client::Sender& sender) {
  const std::string link = sender.link().reveal();
  Json::Object object = {{"link", link}};
  if (sender.expires()) object.push_back({"expires", formatRfc3339(*sender.expires())});
  auto delivered = deliver(arguments, terminal, arguments.json ? Json(object).dump() : link);
  if (!delivered) {
    (void)sender.remove();
    return delivered;
  }
  if (arguments.qr) terminal.picture(qrCode(link, terminal.colors()));
  if (sender.expires()) {
    terminal.note("This link opens the share until " + formatRfc3339(*sender.expires()) +
                  ". Send it to one person only.");
  }
  return {};
}

}  // namespace tigress::cli
