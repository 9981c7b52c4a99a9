#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "server/store/sqlite_connection.h"

namespace tigress::store {

/// Folds the write-ahead log into the database (https://www.sqlite.org/wal.html#ckpt) beside the thread that
/// writes, so that no commit waits while megabytes are copied and flushed. The log begins anew only when all
/// of it was copied, and while one thread copies the other goes on writing: so the writer copies the rest,
/// once it is short.
class Checkpointer {
 public:
  /// `writer` is the connection that commits, and must outlive this. The log is folded when it holds
  /// `logFrames` pages. Throws StoreError.
  Checkpointer(const std::string& path, SqliteConnection& writer, int logFrames);
  /// Waits for the copying at work.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  /// After each commit, on the thread of the writer.
  void committed() noexcept;
  /// After commits and whatever is more urgent, on the thread of the writer. What could not be folded is by
  /// the next.
  void keepShort() noexcept;
  /// Before more of much that can wait, on a thread that can wait: copies what is there if it is no longer
  /// short, so that the writer need not.
  void makeWay();
  /// Folds everything in and cuts the log to nothing, on the thread of the writer. False if it could not:
  /// whoever reads an old snapshot is not waited for, and a disk may fail. Then the log stays.
  bool foldAll() noexcept;

 private:
  bool isLong(int frames) const;
  void beginAnew();
  void run();
  void pass() noexcept;
  bool foldByWriter(const char* how) noexcept;

  SqliteConnection connection_;
  SqliteConnection guard_;
  SqliteConnection& writer_;
  const int logFrames_;
  std::mutex folding_;  // held while either copies; SQLite would refuse the second
  std::mutex mutex_;
  std::condition_variable wake_;
  bool copying_ = false;
  bool stopping_ = false;
  int frames_ = 0;         // in the log
  std::uint64_t log_ = 0;  // counts how often it began anew; what follows is of this one
  int passes_ = 0;
  int folded_ = 0;
  int unbearable_;  // from so many frames on readers are waited for, so that it can begin anew
  std::thread thread_;
};

}  // namespace tigress::store
