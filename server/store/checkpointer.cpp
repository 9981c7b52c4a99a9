#include "server/store/checkpointer.h"

#include <exception>

namespace tigress::store {
namespace {

constexpr int kShort = 8;   // a rest is short when it is this part of the log
constexpr int kPasses = 3;  // while there is that much to write, more of them make no rest shorter
constexpr int kAtMost = 8;  // times logFrames: then the writer waits for a pass that takes so long

// Copies what no reader needs from the log any more, and gives how many frames of it are copied by now.
int fold(SqliteConnection& connection) {
  SqliteStatement statement(connection, "PRAGMA wal_checkpoint(PASSIVE)");  // busy, frames, frames copied
  return statement.step() ? static_cast<int>(statement.number(2)) : 0;
}

// Nothing if it failed, for the disk or for want of memory: the log stays, and what is in it is safe there.
std::optional<int> foldQuietly(SqliteConnection& connection) noexcept {
  try {
    return fold(connection);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace

// Unless PRAGMA synchronous is OFF the log is flushed before it is copied, and the database after.
Checkpointer::Checkpointer(const std::string& path, SqliteConnection& writer, int logFrames)
    : connection_(path, SqliteConnection::Mode::readWriteCreate), writer_(writer), logFrames_(logFrames) {
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
  const int frames = writer_.logFrames();
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (frames < frames_) {
      ++log_;
      passes_ = 0;
      folded_ = 0;
    }
    frames_ = frames;
    if (frames < logFrames_) return;
    if (frames / kAtMost < logFrames_) {
      if (copying_) return;
      if (passes_ < kPasses && isLong(frames - folded_)) {
        copying_ = true;
        wake_.notify_one();
        return;
      }
    }
  }
  const std::lock_guard<std::mutex> folding(folding_);
  folded(foldQuietly(writer_));  // when all is copied, the next commit begins the log anew
}

void Checkpointer::makeWay() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (!isLong(frames_ - folded_)) return;
  }
  pass();
}

void Checkpointer::foldAll() {
  const std::lock_guard<std::mutex> folding(folding_);
  folded(std::nullopt);
  writer_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

// What is not known is taken for all of it: then no pass begins before there is more.
void Checkpointer::folded(std::optional<int> frames) {
  const std::lock_guard<std::mutex> guard(mutex_);
  folded_ = frames.value_or(frames_);
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
// which another connection begins to copy it (https://www.sqlite.org/wal.html#walresetbug). So a pass begins
// only if something is left to copy: as long as that is so, no log begins anew.
void Checkpointer::pass() {
  const std::lock_guard<std::mutex> folding(folding_);
  std::uint64_t log = 0;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (folded_ >= frames_) return;
    log = log_;
  }
  const std::optional<int> frames = foldQuietly(connection_);
  const std::lock_guard<std::mutex> guard(mutex_);
  if (log == log_) folded_ = frames.value_or(frames_);
}

}  // namespace tigress::store
