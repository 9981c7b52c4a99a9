#include "server/store/checkpointer.h"

#include <exception>
#include <optional>

namespace tigress::store {
namespace {

constexpr int kShort = 8;   // a rest is short when it is this part of the log
constexpr int kPasses = 3;  // while there is that much to write, more of them make no rest shorter
constexpr int kAtMost = 8;  // times logFrames: then the writer waits for a pass that takes so long
constexpr std::chrono::milliseconds kPatience{100};  // with readers; ours take microseconds

// How many frames the log has, and how many of them are copied.
struct Log {
  int frames;
  int folded;
  bool begunAnew;  // as far as it was asked to
};

// Nothing if it failed, for the disk or for want of memory: the log stays, and what is in it is safe there.
std::optional<Log> fold(SqliteConnection& connection, const char* how) noexcept {
  try {
    SqliteStatement statement(connection, how);
    if (!statement.step() || statement.number(1) < 0) return std::nullopt;
    return Log{static_cast<int>(statement.number(1)), static_cast<int>(statement.number(2)),
               statement.number(0) == 0};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

constexpr const char* kPassive = "PRAGMA wal_checkpoint(PASSIVE)";
constexpr const char* kRestart = "PRAGMA wal_checkpoint(RESTART)";
constexpr const char* kTruncate = "PRAGMA wal_checkpoint(TRUNCATE)";

}  // namespace

// Unless PRAGMA synchronous is OFF the log is flushed before it is copied, and the database before the log
// begins anew.
Checkpointer::Checkpointer(const std::string& path, SqliteConnection& writer, int logFrames)
    : connection_(path, SqliteConnection::Mode::readWriteCreate),
      guard_(path, SqliteConnection::Mode::readOnly),
      writer_(writer),
      logFrames_(logFrames),
      unbearable_(kAtMost * logFrames) {
  thread_ = std::thread([this] { run(); });
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Checkpointer::committed() noexcept {
  const std::lock_guard<std::mutex> guard(mutex_);
  const int frames = writer_.logFrames();
  if (frames < frames_) beginAnew();
  frames_ = frames;
}

void Checkpointer::beginAnew() {
  ++log_;
  passes_ = 0;
  folded_ = 0;
  unbearable_ = kAtMost * logFrames_;
}

void Checkpointer::keepShort() noexcept {
  bool unbearable = false;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (frames_ < logFrames_) return;
    if (frames_ < kAtMost * logFrames_) {
      if (copying_) return;
      if (passes_ < kPasses && isLong(frames_ - folded_)) {
        copying_ = true;
        wake_.notify_one();
        return;
      }
    }
    unbearable = frames_ >= unbearable_;
  }
  // When all is copied the next commit begins the log anew, unless somebody reads in that moment.
  const bool begunAnew = foldByWriter(unbearable ? kRestart : kPassive);
  if (!unbearable || begunAnew) return;
  const std::lock_guard<std::mutex> guard(mutex_);
  unbearable_ = 2 * frames_;  // somebody reads for long: do not wait for him after each commit
}

void Checkpointer::makeWay() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (!isLong(frames_ - folded_)) return;
  }
  pass();
}

bool Checkpointer::foldAll() noexcept {
  return foldByWriter(kTruncate);
}

bool Checkpointer::foldByWriter(const char* how) noexcept {
  const std::lock_guard<std::mutex> folding(folding_);
  writer_.setPatience(kPatience);
  const std::optional<Log> log = fold(writer_, how);
  writer_.setPatience(SqliteConnection::kPatience);
  const std::lock_guard<std::mutex> guard(mutex_);
  if (log) frames_ = log->frames;
  folded_ = log ? log->folded : frames_;
  if (frames_ == 0) beginAnew();
  return log && log->begunAnew;
}

bool Checkpointer::isLong(int frames) const {
  return frames > logFrames_ / kShort;
}

void Checkpointer::run() {
  std::unique_lock<std::mutex> guard(mutex_);
  for (;;) {
    wake_.wait(guard, [this] { return copying_ || stopping_; });
    if (stopping_) return;
    guard.unlock();
    pass();
    guard.lock();
    copying_ = false;
    ++passes_;
  }
}

// SQLite before 3.51.3 damages the database when a log that was copied whole begins anew in the moment in
// which another connection begins to copy it (https://www.sqlite.org/wal.html#walresetbug). A snapshot held
// meanwhile is against that: if it was taken while something was left to copy, the log does not begin anew
// before it ends, and if not, SQLite copies nothing as long as it is there.
void Checkpointer::pass() noexcept {
  const std::lock_guard<std::mutex> folding(folding_);
  std::uint64_t log = 0;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (folded_ >= frames_) return;
    log = log_;
  }
  std::optional<Log> copied;
  try {
    {
      SqliteStatement snapshot(guard_, "SELECT count(*) FROM (SELECT 1 FROM share LIMIT 1)");
      snapshot.step();
      copied = fold(connection_, kPassive);
    }
    // SQLite does it only with the end of the log: all of it would be the writer's to wait for.
    if (copied) connection_.flushDatabase();
  } catch (const std::exception&) {
    return;  // it is tried again
  }
  const std::lock_guard<std::mutex> guard(mutex_);
  if (log == log_) folded_ = copied ? copied->folded : frames_;
}

}  // namespace tigress::store
