#include "client/cli/command.h"

#include <algorithm>

namespace tigress::cli {
namespace {

using Names = std::vector<std::string_view>;

// What commands have in common: how they tell, those that talk to a server, and those that make shares.
const Names kTelling = {"--json", "--events", "--color"};
const Names kTalking = {"--json", "--events", "--color", "--ca-file", "--allow", "--credentials"};
const Names kMaking = {"--relay",   "--vertical",          "--title", "--description", "--expires",
                       "--open",    "--create-token-file", "--qr",    "--qr-png",      "--split",
                       "--history", "--no-history"};

Names operator+(Names names, const Names& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"send", "[FILE|-]", 0, 1, Names{"--format", "--state", "-o"} + kMaking + kTalking,
       "put a credential's provisioning information on a relay and print the share link",
       "The file is JSON of the form {\"format\": \"NAME\", \"content\": {…}}; with --format any JSON "
       "object. It is sealed before it leaves this machine; the key stands only in the link, behind the #.\n"
       "One receiver can open it, the first that has the link. With --state this machine can follow it by "
       "tigress status and withdraw it by tigress cancel. If it was cut off before the link was printed, go "
       "on with the same --state and without a file: the very same share is made, and only once.\n"
       "A relay may want a token of who makes shares: in FILE, or in the environment as "
       "TIGRESS_CREATE_TOKEN.\n"
       "On a WebDAV server that is no relay the share is open, and lies there until somebody removes it: "
       "see tigress doctor and tigress sweep.\n"
       "With --split the link and its key are two lines, to go two ways.",
       send},
      {"receive", "[LINK|-]", 0, 1, Names{"--key-file", "--keep", "--state", "-o"} + kTalking,
       "open a share, print what it holds, and remove it from the relay",
       "Of several messages in a row each is printed, in order.\n"
       "The share is removed only after the result has been written. With --keep it stays: with --state for "
       "this machine, which then takes part in the transfer, else for the next one that has the link.\n"
       "If FILE of --state holds a transfer, it goes on: no link is needed, and the next message is waited "
       "for until the share ends.\n"
       "A key that came apart from its link is read from --key-file, from the next line of stdin if that "
       "is -, from the environment as TIGRESS_KEY, or asked for.",
       receive},
      {"exchange", "[LINK|-]", 0, 1, Names{"--key-file", "--keep", "--state"} + kMaking + kTalking,
       "talk with the other device in turns, one turn on a line",
       "Without a link it creates a share of the first line of stdin and prints the link, then takes turns: "
       "each message of the other device is a line on stdout, each line on stdin is the turn that answers. "
       "A turn is one message, a JSON object, or an array of several: they are sent one after the other, "
       "and the other side answers when it has all of them. Together they must fit in one share.\n"
       "Whose turn it is and whose stdin has ended removes the share; the other side then ends too. "
       "With --keep it stays, and the other side waits until it expires.\n"
       "If FILE of --state holds a transfer, it goes on where it was, without a link: a share that was "
       "being made is made to the end and its link printed, what was still to be sent of a turn is sent. "
       "What was being printed when the crash came is printed again.",
       exchange},
      {"show", "LINK|-", 1, 1, Names{"-o"} + kTalking,
       "show a share's preview and how long it lives, without opening it",
       "Changes nothing on the relay. The link may lack the part behind the #.", show},
      {"status", "[LINK|-]", 0, 1, Names{"--state"} + kTalking,
       "tell how far a share has come: waiting, claimed, completed, cancelled, expired",
       "How it ended is told only to the machine that sent it, by --state, and for a day. Open shares are "
       "open until they are gone. Changes nothing on the relay; the link may lack the part behind the #.",
       status},
      {"watch", "[LINK|-]", 0, 1, Names{"--state"} + kTalking,
       "tell what happens to a share, one event on a line, until it ends",
       "The first line is how it stands: waiting, claimed or open. Then, as they happen, claimed, changed "
       "(a device has written) and how it ended: completed, cancelled, expired, or removed where the relay "
       "does not say by whom. Only the two devices, by the FILE of their --state, see every event; the link "
       "may lack the part behind the #. With --json or --events each line is an object with event, time and "
       "expires.\n"
       "Changes nothing on the relay and may run beside an exchange with the same FILE. "
       "The exit status is 0 if it was completed or removed, 3 if it was cancelled or expired.",
       watch},
      {"cancel", "[LINK|-]", 0, 1, Names{"--key-file", "--state"} + kTalking, "remove a share from its relay",
       "Either device may, by the FILE of its --state. Whoever has the link may as long as nobody claimed "
       "the share, and at any time if it is open; for an open share the part behind the # may lack.",
       cancel},
      {"sweep", "dav+URL", 1, 1, Names{"--dry-run"} + kTalking,
       "remove expired shares from a folder of a WebDAV server that is no relay",
       "Such a server forgets nothing by itself: run this from cron. Only what is a share to the last "
       "detail, and whose time is up by this machine's clock and the server's, is removed; all else is left "
       "alone.",
       sweep},
      {"doctor", "dav+URL", 1, 1, kTalking,
       "tell whether a folder of a WebDAV server can hold shares, and what it does not do",
       "Makes a share of nothing, tries what transfers need, and removes it again. The exit status is 0 if "
       "all that is needed is there, and 8 if not.",
       doctor},
      {"history",
       "[clear]",
       0,
       1,
       kTelling,
       "list what was sent with --history, or empty the list",
       "A line for each share: when it was sent, its link without the key, and its title. The list is kept "
       "for those only who ask for it, by --history or by history = on in the configuration, and no key "
       "ever stands in it.",
       history,
       {"clear"}},
      {"config", "", 0, 0, Names{"--relay", "--create-token-file", "--history", "--no-history"} + kTalking,
       "print the settings as they hold, and where each comes from",
       "What stands on the command line comes first, then the environment, then the file config in the "
       "folder tigress of $XDG_CONFIG_HOME or ~/.config: lines of the form key = value, where the keys are "
       "those printed here. What is printed may stand in that file.",
       config},
      {"completion",
       "bash|zsh|fish",
       1,
       1,
       {},
       "print a script that completes commands and options in a shell",
       "Packages install it. Without one: source <(tigress completion bash), the same in zsh, or "
       "tigress completion fish | source.",
       completion,
       {"bash", "zsh", "fish"}},
  };
  return table;
}

const Command* findCommand(std::string_view name) {
  const auto& table = commands();
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const Command& command) { return command.name == name; });
  return row == table.end() ? nullptr : &*row;
}

}  // namespace tigress::cli
