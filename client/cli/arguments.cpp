#include "client/cli/arguments.h"

#include <algorithm>

#include "client/cli/kind.h"
#include "client/cli/suggestion.h"
#include "common/text.h"

namespace tigress::cli {
namespace {

Complaint unknownOption(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Option& option : options()) names.push_back(option.name);
  return usageComplaint("there is no option " + quoted(name), suggestion(name, names, "see tigress --help"));
}

bool isOneOf(std::string_view word, const std::vector<std::string_view>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Takes the option in words[i], and its value if that stands behind it.
Done takeOption(const std::vector<std::string>& words, std::size_t& i, Arguments& arguments) {
  const std::string& word = words[i];
  const std::size_t equals = word.find('=');
  const Option* option = findOption(word.substr(0, equals));
  if (!option) return unknownOption(word.substr(0, equals));
  const std::string name(option->name);
  arguments.given.push_back(option->name);
  if (option->value.empty()) {
    if (equals != std::string::npos) return usageComplaint(name + " takes no value");
    arguments.*std::get<bool Arguments::*>(option->target) = true;
    return {};
  }
  if (equals == std::string::npos && i + 1 == words.size()) {
    return usageComplaint(name + " needs a value: " + std::string(option->value));
  }
  std::string value = equals == std::string::npos ? words[++i] : word.substr(equals + 1);
  if (!option->words.empty() && !isOneOf(value, option->words)) {
    return usageComplaint(name + ": unknown value " + quoted(value), "give " + oneOf(option->words));
  }
  arguments.*std::get<std::optional<std::string> Arguments::*>(option->target) = std::move(value);
  return {};
}

}  // namespace

const std::vector<Option>& options() {
  static const std::vector<Option> table = {
      {"--relay",
       "URL",
       "where to create the share: a relay (default https://localhost:8443), or a folder of any WebDAV "
       "server as dav+https://USER@dav.example/folder/",
       &Arguments::relay,
       {},
       {"TIGRESS_RELAY"},
       true},
      {"--vertical", "KIND", "what the credential opens: car, home, hotel or general (or c, h, a)",
       &Arguments::vertical, kindWords()},
      {"--title", "TEXT", "title of the preview; anybody with the link's address may read it",
       &Arguments::title},
      {"--description", "TEXT", "description in the preview, as public as the title",
       &Arguments::description},
      {"--expires", "WHEN", "how long the share lives: 30m, 24h, 2d, or an RFC 3339 time",
       &Arguments::expires},
      {"--format", "NAME", "the file is bare content: wrap it as this format", &Arguments::format},
      {"--open", "", "make a share that belongs to whoever has its address, not to one receiver",
       &Arguments::open},
      {"--state", "FILE", "keep all it takes to go on after a crash in FILE (mode 0600)", &Arguments::state},
      {"--create-token-file",
       "FILE",
       "the token the relay wants of who makes shares",
       &Arguments::createTokenFile,
       {},
       {"TIGRESS_CREATE_TOKEN", true},
       true},
      {"--qr", "", "also show the link as a QR code, on stderr", &Arguments::qr},
      {"--qr-png", "FILE", "write the link as a QR code into a picture (mode 0600)", &Arguments::qrPng},
      {"--split", "", "print the link without its key, and the key on a line of its own", &Arguments::split},
      {"--key-file",
       "FILE",
       "the key of a link that came without it",
       &Arguments::keyFile,
       {},
       {"TIGRESS_KEY", true}},
      {"--history",
       "",
       "note the link, without its key, in the list that tigress history shows",
       &Arguments::history,
       {},
       {},
       true},
      {"--no-history", "", "do not, whatever the configuration says", &Arguments::noHistory},
      {"-o", "FILE", "write the result to FILE (mode 0600) instead of stdout", &Arguments::output},
      {"--json", "", "print the result as one line of JSON, and a mistake as one on stderr",
       &Arguments::json},
      {"--events",
       "FORM",
       "print what happens and the result as they come, each as one line of JSON (ndjson)",
       &Arguments::events,
       {"ndjson"}},
      {"--color",
       "WHEN",
       "colours: auto (on a terminal, and not if NO_COLOR is set), always or never",
       &Arguments::color,
       {"auto", "always", "never"},
       {"NO_COLOR", false, "never"},
       true},
      {"--keep", "", "leave the share on the relay", &Arguments::keep},
      {"--ca-file",
       "FILE",
       "trust the certificates in this PEM file instead of the system's",
       &Arguments::caFile,
       {},
       {"TIGRESS_CA_FILE"},
       true},
      {"--credentials",
       "FILE",
       "for servers that ask who you are, on each line SERVER password USER SECRET",
       &Arguments::credentials,
       {},
       {"TIGRESS_CREDENTIALS", true},
       true},
      {"--allow",
       "LIST",
       "talk to these servers only: relay.example, relay.example:8443, *.relay.example",
       &Arguments::allow,
       {},
       {"TIGRESS_ALLOW"},
       true},
      {"--dry-run", "", "remove nothing, only tell what would be", &Arguments::dryRun},
      {"--help", "", "show this help, or that of a command", &Arguments::help},
      {"--version", "", "show the version", &Arguments::version},
  };
  return table;
}

const Option* findOption(std::string_view name) {
  const auto& table = options();
  const auto row =
      std::find_if(table.begin(), table.end(), [&](const Option& option) { return option.name == name; });
  return row == table.end() ? nullptr : &*row;
}

Done parseArguments(const std::vector<std::string>& words, Arguments& arguments) {
  Done done;
  bool onlyOperands = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (onlyOperands || word == "-" || !startsWith(word, "-")) {
      (arguments.command.empty() ? arguments.command : arguments.operands.emplace_back()) = word;
    } else if (word == "--") {
      onlyOperands = true;
    } else if (Done taken = takeOption(words, i, arguments); done && !taken) {
      done = std::move(taken);
    }
  }
  return done;
}

std::string quoted(std::string_view word) {
  const bool plain = word.size() < 30 && std::all_of(word.begin(), word.end(), [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                     });
  return plain ? "\"" + std::string(word) + "\"" : std::string("given");
}

}  // namespace tigress::cli
