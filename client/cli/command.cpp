#include "client/cli/command.h"

namespace tigress::cli {
namespace {

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  if (result.size() < width) result.resize(width, ' ');
  return result;
}

std::string row(const Option& option) {
  const std::string name =
      std::string(option.name) + (option.value.empty() ? "" : " " + std::string(option.value));
  return "  " + padded(name, 20) + std::string(option.meaning) + "\n";
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"send",
       "[FILE|-]",
       0,
       1,
       {"--relay", "--vertical", "--title", "--description", "--expires", "--format", "--open", "--state",
        "--create-token-file", "--qr", "-o", "--json", "--ca-file", "--allow", "--credentials"},
       "put a credential's provisioning information on a relay and print the share link",
       "The file is JSON of the form {\"format\": \"NAME\", \"content\": {…}}; with --format any JSON "
       "object.\n"
       "It is sealed before it leaves this machine; the key stands only in the link, behind the #.\n"
       "One receiver can open it, the first that has the link. With --state this machine can follow it by\n"
       "tigress status and withdraw it by tigress cancel. If it was cut off before the link was printed, go "
       "on\n"
       "with the same --state and without a file: the very same share is made, and only once.\n"
       "A relay may want a token of who makes shares: in FILE, or in the environment as "
       "TIGRESS_CREATE_TOKEN.\n"
       "On a WebDAV server that is no relay the share is open, and lies there until somebody removes it: "
       "see\n"
       "tigress doctor and tigress sweep.",
       send},
      {"receive",
       "[LINK|-]",
       0,
       1,
       {"--keep", "--state", "-o", "--json", "--ca-file", "--allow", "--credentials"},
       "open a share, print what it holds, and remove it from the relay",
       "Of several messages in a row each is printed, in order.\n"
       "The share is removed only after the result has been written. With --keep it stays: with --state for\n"
       "this machine, which then takes part in the transfer, else for the next one that has the link.\n"
       "If FILE of --state holds a transfer, it goes on: no link is needed, and the next message is waited "
       "for\n"
       "until the share ends.",
       receive},
      {"exchange",
       "[LINK|-]",
       0,
       1,
       {"--relay", "--vertical", "--title", "--description", "--expires", "--open", "--state",
        "--create-token-file", "--qr", "--json", "--keep", "--ca-file", "--allow", "--credentials"},
       "talk with the other device in turns, one turn on a line",
       "Without a link it creates a share of the first line of stdin and prints the link, then takes turns:\n"
       "each message of the other device is a line on stdout, each line on stdin is the turn that answers.\n"
       "A turn is one message, a JSON object, or an array of several: they are sent one after the other, "
       "and\n"
       "the other side answers when it has all of them. Together they must fit in one share.\n"
       "Whose turn it is and whose stdin has ended removes the share; the other side then ends too.\n"
       "With --keep it stays, and the other side waits until it expires.\n"
       "If FILE of --state holds a transfer, it goes on where it was, without a link: a share that was "
       "being\n"
       "made is made to the end and its link printed, what was still to be sent of a turn is sent. What was\n"
       "being printed when the crash came is printed again.",
       exchange},
      {"show",
       "LINK|-",
       1,
       1,
       {"--json", "-o", "--ca-file", "--allow", "--credentials"},
       "show a share's preview and how long it lives, without opening it",
       "Changes nothing on the relay. The link may lack the part behind the #.",
       show},
      {"status",
       "[LINK|-]",
       0,
       1,
       {"--state", "--json", "--ca-file", "--allow", "--credentials"},
       "tell how far a share has come: waiting, claimed, completed, cancelled, expired",
       "How it ended is told only to the machine that sent it, by --state, and for a day. Open shares are\n"
       "open until they are gone. Changes nothing on the relay; the link may lack the part behind the #.",
       status},
      {"watch",
       "[LINK|-]",
       0,
       1,
       {"--state", "--json", "--ca-file", "--allow", "--credentials"},
       "tell what happens to a share, one event on a line, until it ends",
       "The first line is how it stands: waiting, claimed or open. Then, as they happen, claimed, changed "
       "(a\n"
       "device has written) and how it ended: completed, cancelled, expired, or removed where the relay "
       "does\n"
       "not say by whom. Only the two devices, by the FILE of their --state, see every event; the link may\n"
       "lack the part behind the #. With --json each line is an object with event, time and expires.\n"
       "Changes nothing on the relay and may run beside an exchange with the same FILE.\n"
       "The exit status is 0 if it was completed or removed, 3 if it was cancelled or expired.",
       watch},
      {"cancel",
       "[LINK|-]",
       0,
       1,
       {"--state", "--json", "--ca-file", "--allow", "--credentials"},
       "remove a share from its relay",
       "Either device may, by the FILE of its --state. Whoever has the link may as long as nobody claimed "
       "the\n"
       "share, and at any time if it is open; for an open share the part behind the # may lack.",
       cancel},
      {"sweep",
       "dav+URL",
       1,
       1,
       {"--dry-run", "--json", "--ca-file", "--allow", "--credentials"},
       "remove expired shares from a folder of a WebDAV server that is no relay",
       "Such a server forgets nothing by itself: run this from cron. Only what is a share to the last "
       "detail,\n"
       "and whose time is up by this machine's clock and the server's, is removed; all else is left alone.",
       sweep},
      {"doctor",
       "dav+URL",
       1,
       1,
       {"--json", "--ca-file", "--allow", "--credentials"},
       "tell whether a folder of a WebDAV server can hold shares, and what it does not do",
       "Makes a share of nothing, tries what transfers need, and removes it again. The exit status is 0 if "
       "all\n"
       "that is needed is there, and 8 if not.",
       doctor},
  };
  return table;
}

std::string helpText() {
  std::string text =
      "tigress - share digital keys and other credentials through a relay that cannot read them\n\n"
      "usage: tigress COMMAND [OPTION]... [OPERAND]\n\ncommands:\n";
  for (const Command& command : commands()) {
    text += "  " + padded(std::string(command.name) + " " + std::string(command.operands), 20) +
            std::string(command.summary) + "\n";
  }
  text += "\noptions:\n";
  for (const Option& option : options()) text += row(option);
  text +=
      "\nWithout --credentials the same lines are taken from the environment, TIGRESS_CREDENTIALS, and "
      "without\n"
      "--allow the list from TIGRESS_ALLOW. A person at a terminal is asked.\n"
      "\nA link or file given as - comes from stdin, so that a secret need not stand in the process list.\n"
      "\nexit status: 0 done, 1 this machine failed, 2 wrong usage, 3 not found or expired, 4 taken by\n"
      "another device, 5 wrong key or altered content, 6 told to slow down, 7 network or TLS, 8 refused by\n"
      "the relay's policy";
  return text;
}

std::string helpText(const Command& command) {
  std::string text = "usage: tigress " + std::string(command.name) + " [OPTION]... " +
                     std::string(command.operands) + "\n\n" + std::string(command.summary) + "\n\n" +
                     std::string(command.story) + "\n\noptions:\n";
  for (const Option& option : options()) {
    for (const std::string_view name : command.options) {
      if (option.name == name) text += row(option);
    }
  }
  text.pop_back();
  return text;
}

}  // namespace tigress::cli
