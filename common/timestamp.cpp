#include "tigress/timestamp.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "common/text.h"

namespace tigress {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Civil {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// Days since 1970-01-01 in the proleptic Gregorian calendar, counted from a year that begins in March.
std::int64_t daysFromCivil(std::int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::int64_t yearOfEra = year - era * 400;
  const std::int64_t dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

int daysInMonth(std::int64_t year, int month) {
  if (month == 2) return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::optional<TimePoint> toTimePoint(const Civil& civil) {
  if (civil.month < 1 || civil.month > 12 || civil.day < 1 ||
      civil.day > daysInMonth(civil.year, civil.month)) {
    return std::nullopt;
  }
  // A leap second (60) is read as the first second of the next minute.
  if (civil.hour > 23 || civil.minute > 59 || civil.second > 60) return std::nullopt;
  const std::int64_t days = daysFromCivil(civil.year, civil.month, civil.day);
  return TimePoint(std::chrono::seconds(((days * 24 + civil.hour) * 60 + civil.minute) * 60 + civil.second));
}

struct Broken {
  Civil civil;
  int weekday = 0;
};

Broken breakDown(TimePoint time) {
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  const std::int64_t days = (seconds >= 0 ? seconds : seconds - 86399) / 86400;
  const auto rest = static_cast<int>(seconds - days * 86400);
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t dayOfEra = shifted - era * 146097;
  const std::int64_t yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const std::int64_t dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const std::int64_t monthFromMarch = (5 * dayOfYear + 2) / 153;
  Broken result;
  result.civil.day = static_cast<int>(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1);
  result.civil.month = static_cast<int>(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9);
  result.civil.year = yearOfEra + era * 400 + (result.civil.month <= 2 ? 1 : 0);
  result.civil.hour = rest / 3600;
  result.civil.minute = rest / 60 % 60;
  result.civil.second = rest % 60;
  result.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
  return result;
}

// Two digits. Every answer carries dates, and snprintf takes ten times as long.
void put(std::string& text, std::size_t at, int value) {
  text[at] = static_cast<char>('0' + value / 10 % 10);
  text[at + 1] = static_cast<char>('0' + value % 10);
}

void put(std::string& text, std::size_t at, std::string_view word) {
  std::copy(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at));
}

// Reads fixed-width fields from the front of a text; once something does not fit, all that follows fails.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  int digits(std::size_t width) {
    if (text_.size() < width) return fail();
    const auto value = parseUnsigned(text_.substr(0, width));
    if (!value) return fail();
    text_.remove_prefix(width);
    return static_cast<int>(*value);
  }

  // asctime pads the day with a blank.
  int paddedDay() {
    if (!text_.empty() && text_.front() == ' ') {
      text_.remove_prefix(1);
      return digits(1);
    }
    return digits(2);
  }

  void literal(std::string_view expected) {
    if (!startsWith(text_, expected)) {
      fail();
      return;
    }
    text_.remove_prefix(expected.size());
  }

  int month() {
    for (std::size_t i = 0; i < kMonths.size(); ++i) {
      if (startsWith(text_, kMonths[i])) {
        text_.remove_prefix(3);
        return static_cast<int>(i) + 1;
      }
    }
    return fail();
  }

  void clock(Civil& civil) {
    civil.hour = digits(2);
    literal(":");
    civil.minute = digits(2);
    literal(":");
    civil.second = digits(2);
  }

  char next() {
    if (text_.empty()) {
      fail();
      return '\0';
    }
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool good() const { return good_; }
  bool complete() const { return good_ && text_.empty(); }

 private:
  int fail() {
    good_ = false;
    text_ = {};
    return 0;
  }

  std::string_view text_;
  bool good_ = true;
};

std::optional<TimePoint> finish(const Fields& fields, const Civil& civil) {
  if (!fields.complete()) return std::nullopt;
  return toTimePoint(civil);
}

std::optional<TimePoint> parseImfFixdate(std::string_view rest) {
  Fields fields(rest);
  Civil civil;
  fields.literal(", ");
  civil.day = fields.digits(2);
  fields.literal(" ");
  civil.month = fields.month();
  fields.literal(" ");
  civil.year = fields.digits(4);
  fields.literal(" ");
  fields.clock(civil);
  fields.literal(" GMT");
  return finish(fields, civil);
}

std::optional<TimePoint> parseRfc850(std::string_view rest) {
  Fields fields(rest);
  Civil civil;
  fields.literal(", ");
  civil.day = fields.digits(2);
  fields.literal("-");
  civil.month = fields.month();
  fields.literal("-");
  const int year = fields.digits(2);
  civil.year = year + (year < 70 ? 2000 : 1900);
  fields.literal(" ");
  fields.clock(civil);
  fields.literal(" GMT");
  return finish(fields, civil);
}

std::optional<TimePoint> parseAsctime(std::string_view rest) {
  Fields fields(rest);
  Civil civil;
  fields.literal(" ");
  civil.month = fields.month();
  fields.literal(" ");
  civil.day = fields.paddedDay();
  fields.literal(" ");
  fields.clock(civil);
  fields.literal(" ");
  civil.year = fields.digits(4);
  return finish(fields, civil);
}

}  // namespace

TimePoint systemNow() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string formatHttpDate(TimePoint time) {
  const auto [civil, weekday] = breakDown(time);
  const auto year = static_cast<int>(civil.year);
  std::string text = "Day, 00 Mon 0000 00:00:00 GMT";
  put(text, 0, kDays[static_cast<std::size_t>(weekday)]);
  put(text, 5, civil.day);
  put(text, 8, kMonths[static_cast<std::size_t>(civil.month - 1)]);
  put(text, 12, year / 100);
  put(text, 14, year);
  put(text, 17, civil.hour);
  put(text, 20, civil.minute);
  put(text, 23, civil.second);
  return text;
}

std::optional<TimePoint> parseHttpDate(std::string_view text) {
  static constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                                "Thursday", "Friday", "Saturday"};
  for (const auto day : kLongDays) {
    if (startsWith(text, day)) return parseRfc850(text.substr(day.size()));
  }
  for (const auto day : kDays) {
    if (!startsWith(text, day)) continue;
    const std::string_view rest = text.substr(day.size());
    return startsWith(rest, ",") ? parseImfFixdate(rest) : parseAsctime(rest);
  }
  return std::nullopt;
}

std::string formatRfc3339(TimePoint time) {
  const Civil civil = breakDown(time).civil;
  std::array<char, 64> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02dT%02d:%02d:%02dZ",
                                 static_cast<int>(civil.year), civil.month, civil.day, civil.hour,
                                 civil.minute, civil.second);
  return {buffer.data(), static_cast<std::size_t>(size)};
}

std::optional<TimePoint> parseRfc3339(std::string_view text) {
  Fields fields(text);
  Civil civil;
  civil.year = fields.digits(4);
  fields.literal("-");
  civil.month = fields.digits(2);
  fields.literal("-");
  civil.day = fields.digits(2);
  const char separator = fields.next();
  if (separator != 'T' && separator != 't' && separator != ' ') return std::nullopt;
  fields.clock(civil);
  int milliseconds = 0;
  if (fields.peek() == '.') {
    fields.next();
    int scale = 100;
    if (fields.peek() < '0' || fields.peek() > '9') return std::nullopt;
    while (fields.peek() >= '0' && fields.peek() <= '9') {
      milliseconds += (fields.next() - '0') * scale;
      scale /= 10;
    }
  }
  int offsetMinutes = 0;
  const char zone = fields.next();
  if (zone == '+' || zone == '-') {
    const int hours = fields.digits(2);
    fields.literal(":");
    const int minutes = fields.digits(2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    offsetMinutes = (zone == '+' ? 1 : -1) * (hours * 60 + minutes);
  } else if (zone != 'Z' && zone != 'z') {
    return std::nullopt;
  }
  const auto local = finish(fields, civil);
  if (!local) return std::nullopt;
  return *local - std::chrono::minutes(offsetMinutes) + std::chrono::milliseconds(milliseconds);
}

}  // namespace tigress
