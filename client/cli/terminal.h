#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/cli/arguments.h"
#include "client/cli/complaint.h"
#include "client/cli/spinner.h"
#include "tigress/json.h"
#include "tigress/progress.h"

namespace tigress::cli {

/// A result, or a part of one.
struct Report {
  std::string text;                   ///< for people; may have several lines
  Json json;                          ///< what --json prints instead
  std::string_view event = "result";  ///< what it is called among --events
};

/// All output of the program. The result goes to stdout and nothing else does, so that it can be piped;
/// everything said about it goes to stderr. With --json both are
/// lines of JSON. With --events each line of stdout is something that happened: an object with `event` and
/// `time`, and `result` where there is one.
class Terminal {
 public:
  Terminal();
  /// Takes the last progress away.
  ~Terminal() { clearProgress(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// From here on as --json, --events and --color say.
  void adopt(const Arguments& arguments);

  /// Whether stderr has colours: it is a terminal whose user wants them (no-color.org), or they were asked
  /// for.
  bool colors() const { return colors_; }
  /// Whether a program listens rather than a person: --json or --events.
  bool speaksJson() const { return json_ || events_; }

  /// A result, written out before this returns. Complains if stdout does not take it.
  Done tell(const Report& report);
  /// Lines on stdout as they are, whoever listens.
  Done result(std::string_view lines);
  /// Something that happened, for --events; otherwise nothing.
  void event(std::string_view name, Json::Object members = {});
  /// The same of what libtigress is about to do.
  void event(const client::Progress& step);
  /// What goes on, for a person who waits; silent unless stderr is a terminal. The next output replaces it.
  void progress(std::string_view text);
  /// That something is awaited, by `until` if that is known. On a terminal it moves and counts down until the
  /// next output replaces it; elsewhere it is a line, written once as long as nothing else is awaited.
  void await(std::string_view text, const std::optional<TimePoint>& until);
  /// The same of the other device's answer, which is an event, too.
  void awaitOther(const std::optional<TimePoint>& until);
  /// What a person may like to know; silent unless stderr is a terminal.
  void note(std::string_view line);
  /// What went wrong without spoiling the result.
  void warn(std::string_view text);
  /// `tigress: …` and `hint: …`, or one object. Among --events it is the last one.
  void complain(const Complaint& complaint);
  /// Asks a person for a line, which is not shown if it is `hidden`. Nothing if nobody is there: stderr is no
  /// terminal, or there is none to read from. Stdin is left alone.
  std::optional<std::string> ask(std::string_view question, bool hidden);
  /// Lines as they are, on stderr.
  void picture(std::string_view lines);

 private:
  void error(std::string_view text);
  void clearProgress();

  bool interactive_;
  bool moves_;  // whether the terminal knows how to write a line anew
  bool colors_;
  bool json_ = false;
  bool events_ = false;
  bool progressShown_ = false;
  std::optional<Spinner> spinner_;
  std::string awaited_;  // where lines cannot be written anew
};

/// Text of a stranger, fit for a terminal: control characters and those that turn the writing direction
/// become U+FFFD.
std::string printable(std::string_view text);

}  // namespace tigress::cli
