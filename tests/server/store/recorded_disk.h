#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace tigress::store {

/// One thing that SQLite did to the files of a folder.
struct DiskEvent {
  enum class Kind {
    create,
    write,
    resize,  ///< to `offset` bytes
    flush,
    remove,
    flushFolder,  ///< the names of the files, not their bytes
  };
  Kind kind;
  std::string file;  ///< its name in the folder
  std::size_t offset = 0;
  std::string bytes = {};
};

/// A VFS of SQLite's (https://www.sqlite.org/vfs.html) over the real one, which notes what is done to files.
/// While it lives, every connection that is opened uses it. Nothing reaches the real disk by a flush: the
/// bytes are in the system's cache, and what a flush is worth is worked out by PowerCut. One at a time.
class RecordedDisk {
 public:
  RecordedDisk();
  ~RecordedDisk();
  RecordedDisk(const RecordedDisk&) = delete;
  RecordedDisk& operator=(const RecordedDisk&) = delete;

  /// How many events there were. Any thread.
  std::size_t count() const;
  /// Those events. To be called when nobody uses the disk.
  const std::vector<DiskEvent>& events() const { return events_; }

  void note(DiskEvent event);

 private:
  struct Vfs;
  std::unique_ptr<Vfs> vfs_;
  mutable std::mutex mutex_;
  std::vector<DiskEvent> events_;
};

/// The files of a folder by name.
using Files = std::map<std::string, std::string>;

/// A disk with a cache that a power cut empties: follows the events, and says what may be left at any moment.
/// What was flushed is there. Of what was written since, each sector of 512 bytes may be there or not, each
/// file may have any of the sizes it had, and each name may be there or not: in any order, whatever was
/// written first. Two promises are kept, on which SQLite relies: a sector is written whole, and bytes beside
/// those that are written keep their value (SQLITE_IOCAP_POWERSAFE_OVERWRITE).
class PowerCut {
 public:
  enum class Flushes { honest, ignored };
  PowerCut(const Files& before, Flushes flushes);

  void follow(const DiskEvent& event);
  /// One of the folders that can be found after the power cut.
  Files filesLeft(std::mt19937_64& random) const;

 private:
  struct File {
    std::string flushed;
    std::vector<DiskEvent> pending = {};  // writes and resizes since
  };
  using FilePointer = std::shared_ptr<File>;

  static std::string bytesLeft(const File& file, std::mt19937_64& random);

  Flushes flushes_;
  std::map<std::string, FilePointer> files_;  // as programs see it; null: removed
  std::map<std::string, std::vector<FilePointer>>
      entries_;  // what a name may stand for, the flushed one first
};

}  // namespace tigress::store
