#include "tests/server/store/recorded_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace tigress::store {
namespace {

constexpr std::size_t kSector = 512;

// An open file: ours, and behind it in the same piece of memory the real one.
struct RecordedFile {
  sqlite3_file base;
  RecordedDisk* disk;
  char name[256];
  bool newName;  // the folder is flushed with the first flush of the file, as SQLite's own VFS does it
};

RecordedFile& mine(sqlite3_file* file) {
  return *reinterpret_cast<RecordedFile*>(file);
}

sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(RecordedFile));
}

std::string nameOf(const char* path) {
  const std::string text(path);
  return text.substr(text.rfind('/') + 1);
}

int closeFile(sqlite3_file* file) {
  return real(file)->pMethods->xClose(real(file));
}

int readFile(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), bytes, size, offset);
}

int writeFile(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  mine(file).disk->note({DiskEvent::Kind::write, mine(file).name, static_cast<std::size_t>(offset),
                         std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size))});
  return real(file)->pMethods->xWrite(real(file), bytes, size, offset);
}

int resizeFile(sqlite3_file* file, sqlite3_int64 size) {
  mine(file).disk->note({DiskEvent::Kind::resize, mine(file).name, static_cast<std::size_t>(size)});
  return real(file)->pMethods->xTruncate(real(file), size);
}

int flushFile(sqlite3_file* file, int) {
  mine(file).disk->note({DiskEvent::Kind::flush, mine(file).name});
  if (std::exchange(mine(file).newName, false))
    mine(file).disk->note({DiskEvent::Kind::flushFolder, mine(file).name});
  return SQLITE_OK;
}

int sizeOfFile(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}

int lockFile(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}

int unlockFile(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}

int checkReservedLock(sqlite3_file* file, int* reserved) {
  return real(file)->pMethods->xCheckReservedLock(real(file), reserved);
}

int controlFile(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

int sectorSize(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}

int characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

int mapShared(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, out);
}

int lockShared(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

void barrierShared(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}

int unmapShared(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

// Version 2: no memory-mapped reads, so that every byte goes through here.
constexpr sqlite3_io_methods kMethods = {
    2,          closeFile,     readFile,          writeFile,   resizeFile, flushFile,       sizeOfFile,
    lockFile,   unlockFile,    checkReservedLock, controlFile, sectorSize, characteristics, mapShared,
    lockShared, barrierShared, unmapShared,       nullptr,     nullptr};

}  // namespace

struct RecordedDisk::Vfs {
  sqlite3_vfs base;  // first: SQLite's pointer to it is a pointer to this
  sqlite3_vfs* real;
  RecordedDisk* disk;

  static Vfs& of(sqlite3_vfs* vfs) { return *reinterpret_cast<Vfs*>(vfs); }

  static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flagsOut) {
    Vfs& self = of(vfs);
    constexpr int kKept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
    // What is thrown away with the connection is no matter of durability.
    if (!path || !(flags & kKept)) return self.real->xOpen(self.real, path, file, flags, flagsOut);
    int exists = 0;
    self.real->xAccess(self.real, path, SQLITE_ACCESS_EXISTS, &exists);
    RecordedFile& opened = mine(file);
    std::memset(file, 0, sizeof(RecordedFile));
    const int code = self.real->xOpen(self.real, path, ::tigress::store::real(file), flags, flagsOut);
    if (code != SQLITE_OK) return code;
    opened.base.pMethods = &kMethods;
    opened.disk = self.disk;
    const std::string name = nameOf(path);
    std::memcpy(opened.name, name.c_str(), std::min(name.size(), sizeof opened.name - 1));
    if (!exists) {
      opened.newName = !(flags & SQLITE_OPEN_MAIN_DB);
      self.disk->note({DiskEvent::Kind::create, name});
    }
    return SQLITE_OK;
  }

  static int remove(sqlite3_vfs* vfs, const char* path, int flushFolder) {
    Vfs& self = of(vfs);
    const int code = self.real->xDelete(self.real, path, 0);
    if (code != SQLITE_OK) return code;
    self.disk->note({DiskEvent::Kind::remove, nameOf(path)});
    if (flushFolder) self.disk->note({DiskEvent::Kind::flushFolder, nameOf(path)});
    return SQLITE_OK;
  }
};

RecordedDisk::RecordedDisk() : vfs_(std::make_unique<Vfs>()) {
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  vfs_->base = *real;  // what is not about files is the real one's
  vfs_->base.zName = "recorded";
  vfs_->base.szOsFile = static_cast<int>(sizeof(RecordedFile)) + real->szOsFile;
  vfs_->base.xOpen = &Vfs::open;
  vfs_->base.xDelete = &Vfs::remove;
  vfs_->real = real;
  vfs_->disk = this;
  sqlite3_vfs_register(&vfs_->base, 1);
}

RecordedDisk::~RecordedDisk() {
  sqlite3_vfs_unregister(&vfs_->base);
  sqlite3_vfs_register(vfs_->real, 1);
}

std::size_t RecordedDisk::count() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return events_.size();
}

void RecordedDisk::note(DiskEvent event) {
  const std::lock_guard<std::mutex> guard(mutex_);
  events_.push_back(std::move(event));
}

PowerCut::PowerCut(const Files& before, Flushes flushes) : flushes_(flushes) {
  for (const auto& [name, bytes] : before) {
    files_[name] = std::make_shared<File>(File{bytes});
    entries_[name] = {files_[name]};
  }
}

void PowerCut::follow(const DiskEvent& event) {
  switch (event.kind) {
    case DiskEvent::Kind::create:
    case DiskEvent::Kind::remove: {
      const auto file = event.kind == DiskEvent::Kind::create ? std::make_shared<File>() : nullptr;
      files_[event.file] = file;
      auto& entries = entries_[event.file];
      if (entries.empty()) entries.push_back(nullptr);
      entries.push_back(file);
      return;
    }
    case DiskEvent::Kind::write:
    case DiskEvent::Kind::resize:
      files_.at(event.file)->pending.push_back(event);
      return;
    case DiskEvent::Kind::flush: {
      if (flushes_ == Flushes::ignored) return;
      File& file = *files_.at(event.file);
      for (const DiskEvent& change : file.pending) {
        const std::size_t end = change.offset + change.bytes.size();
        if (change.kind == DiskEvent::Kind::resize || file.flushed.size() < end) file.flushed.resize(end);
        file.flushed.replace(change.offset, change.bytes.size(), change.bytes);
      }
      file.pending.clear();
      return;
    }
    case DiskEvent::Kind::flushFolder:
      if (flushes_ == Flushes::ignored) return;
      for (auto& [name, entries] : entries_) entries.erase(entries.begin(), entries.end() - 1);
      return;
  }
}

Files PowerCut::filesLeft(std::mt19937_64& random) const {
  Files left;
  for (const auto& [name, entries] : entries_) {
    const FilePointer& file = entries[random() % entries.size()];
    if (file) left[name] = bytesLeft(*file, random);
  }
  return left;
}

std::string PowerCut::bytesLeft(const File& file, std::mt19937_64& random) {
  // All that was written, or the beginning of it; and of that everything, nothing, or something.
  const std::size_t written = random() % 2 ? file.pending.size() : random() % (file.pending.size() + 1);
  static constexpr unsigned kLatestInHundred[] = {0, 20, 50, 90, 99, 100};
  const unsigned latestInHundred = kLatestInHundred[random() % std::size(kLatestInHundred)];
  const auto choose = [&](std::size_t count) {
    return random() % 100 < latestInHundred ? count - 1 : static_cast<std::size_t>(random() % count);
  };

  std::string current = file.flushed;
  std::vector<std::size_t> sizes = {current.size()};
  std::map<std::size_t, std::vector<std::string>> sectors;  // by number: what it held since the flush
  const auto sectorAt = [](const std::string& bytes, std::size_t number) {
    std::string sector = number * kSector < bytes.size() ? bytes.substr(number * kSector, kSector) : "";
    sector.resize(kSector);
    return sector;
  };
  for (std::size_t i = 0; i < written; ++i) {
    const DiskEvent& change = file.pending[i];
    const std::size_t before = current.size();
    const std::size_t end = change.offset + change.bytes.size();
    const bool resize = change.kind == DiskEvent::Kind::resize;
    const std::size_t first = (resize ? std::min(before, end) : change.offset) / kSector;
    const std::size_t last = (resize ? std::max(before, end) : end) / kSector;
    for (std::size_t number = first; number <= last; ++number) {
      auto& versions = sectors[number];
      if (versions.empty()) versions.push_back(sectorAt(file.flushed, number));
    }
    if (resize || before < end) current.resize(end);
    current.replace(change.offset, change.bytes.size(), change.bytes);
    if (current.size() != before) sizes.push_back(current.size());
    for (std::size_t number = first; number <= last; ++number)
      sectors[number].push_back(sectorAt(current, number));
  }
  std::string left = file.flushed;
  left.resize(sizes[choose(sizes.size())]);
  for (const auto& [number, versions] : sectors) {
    const std::size_t begin = number * kSector;
    if (begin >= left.size()) break;
    left.replace(begin, kSector, versions[choose(versions.size())], 0,
                 std::min(kSector, left.size() - begin));
  }
  return left;
}

}  // namespace tigress::store
