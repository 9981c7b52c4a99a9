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
      if (passes_ < kPasses && frames - folded_ > logFrames_ / kShort) {
        copying_ = true;
        wake_.notify_one();
        return;
      }
    }
  }
  try {
    const std::lock_guard<std::mutex> folding(folding_);
    fold(writer_);  // when all is copied, the next commit begins the log anew
  } catch (const std::exception&) {
    // The disk, or want of memory. The log stays, and what is in it is safe there.
  }
}

void Checkpointer::foldAll() {
  const std::lock_guard<std::mutex> folding(folding_);
  writer_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

void Checkpointer::run() {
  std::unique_lock<std::mutex> guard(mutex_);
  for (;;) {
    wake_.wait(guard, [this] { return copying_ || stopping_; });
    if (stopping_) return;
    const std::uint64_t log = log_;
    guard.unlock();
    int folded = 0;
    try {
      const std::lock_guard<std::mutex> folding(folding_);
      folded = fold(connection_);
    } catch (const std::exception&) {
      // As above; the next commit asks again.
    }
    guard.lock();
    copying_ = false;
    if (log != log_) continue;
    ++passes_;
    folded_ = folded;
  }
}

}  // namespace tigress::store
