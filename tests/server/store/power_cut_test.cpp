#include <thread>

#include "server/share/share_codec.h"
#include "server/store/sqlite_connection.h"
#include "server/store/sqlite_store.h"
#include "server/store/store_error.h"
#include "tests/contract/store_contract.h"
#include "tests/server/store/commit_now.h"
#include "tests/server/store/recorded_disk.h"
#include "tests/server/store/temporary_folder.h"

// What a store holds after the power was cut: a load is run on a disk that remembers what was done to it,
// then the cut is made at many moments of that load, and the real store opens what is left.

namespace tigress::store {
namespace {

using contract::at;

constexpr std::size_t kNever = static_cast<std::size_t>(-1);
constexpr int kThreads = 4;
constexpr int kSteps = 60;              // of each thread
constexpr std::size_t kRecentRows = 8;  // so few that most are settled
const char* const kName = "db";

// One thing a share has been, and when, counted in events of the disk.
struct State {
  std::size_t asked = 0;              // from here on it may be
  std::size_t answered = kNever;      // from here on it must be, until the next one was asked for
  std::optional<std::string> record;  // with its version; nothing: no such share
};
using History = std::map<Uuid, std::vector<State>>;

std::string recordOf(const share::Share& share) {
  return std::to_string(share.version) + ":" + share::encodeShare(share);
}

// One device at work on shares of its own.
class Worker {
 public:
  Worker(std::uint64_t seed, bool cleans) : random_(seed), cleans_(cleans) {}

  void work(ShareStore& store, const RecordedDisk& disk) {
    for (int step = 0; step < kSteps; ++step) {
      const auto choice = random_() % 20;
      if (cleans_ && choice == 0) {
        clean(store, disk);
      } else if (living_.empty() || choice < 7) {
        create(store, disk);
      } else {
        const std::size_t which = random_() % living_.size();
        if (choice < 16) {
          replace(store, disk, which);
        } else {
          erase(store, disk, which);
        }
      }
    }
  }

  // What is left after the cut is where the next load begins.
  void goOnFrom(const ShareStore& store) {
    living_.clear();
    for (auto& [id, states] : history_) {
      const share::SharePointer found = store.find(id);
      states = {State{0, 0, found ? std::optional(recordOf(*found)) : std::nullopt}};
      if (found) living_.push_back(*found);
    }
  }

  const History& history() const { return history_; }
  // Whether every change could be made, as long as the power was there.
  bool asExpected() const { return asExpected_; }

 private:
  static constexpr int kExpired = 1000;

  // From empty to many pages.
  std::string body() {
    static constexpr std::size_t kSizes[] = {0, 60, 900, 3800, 9000, 70000};
    return std::string(kSizes[random_() % 5 + (random_() % 50 == 0 ? 1 : 0)],
                       static_cast<char>('a' + random_() % 26));
  }

  void create(ShareStore& store, const RecordedDisk& disk) {
    share::Share share = contract::shareUntil(at(cleans_ && random_() % 2 ? kExpired : 2 * kExpired), body());
    share.id = Uuid::random([this](void* out, std::size_t size) {
      for (std::size_t i = 0; i < size; ++i) static_cast<unsigned char*>(out)[i] = random_() & 255U;
    });
    history_[share.id] = {State{0, 0, std::nullopt}};
    commit(store, disk, share);
    ++share.version;
    living_.push_back(std::move(share));
  }

  void replace(ShareStore& store, const RecordedDisk& disk, std::size_t which) {
    share::Share& share = living_[which];
    share.body = body();
    share.etag = std::to_string(random_());
    share.locks.clear();
    if (random_() % 2) {
      share.locks = {{"urn:uuid:" + share.etag, LockScope::exclusive, share::LockDepth::zero,
                      share::Member::document, "owner", at(5)}};
    }
    commit(store, disk, share);
    ++share.version;
  }

  void erase(ShareStore& store, const RecordedDisk& disk, std::size_t which) {
    const share::Share share = living_[which];
    State& state = ask(share.id, disk, std::nullopt);
    expectDone(store, share::Change::erase(share));
    state.answered = disk.count();
    living_.erase(living_.begin() + static_cast<std::ptrdiff_t>(which));
  }

  void clean(ShareStore& store, const RecordedDisk& disk) {
    const auto hasExpired = [](const share::Share& share) { return share.expires <= at(kExpired); };
    std::vector<State*> states;
    for (const share::Share& share : living_) {
      if (hasExpired(share)) states.push_back(&ask(share.id, disk, std::nullopt));
    }
    const std::size_t removed = store.removeExpired(at(kExpired), 1000).size();
    for (State* state : states) state->answered = disk.count();
    store.overwriteErased();
    asExpected_ = asExpected_ && removed == states.size();
    living_.erase(std::remove_if(living_.begin(), living_.end(), hasExpired), living_.end());
  }

  void commit(ShareStore& store, const RecordedDisk& disk, const share::Share& share) {
    share::Share next = share;
    ++next.version;
    State& state = ask(share.id, disk, recordOf(next));
    expectDone(store, share::Change::write(share));
    state.answered = disk.count();
  }

  void expectDone(ShareStore& store, const share::Change& change) {
    asExpected_ = commitNow(store, change) == Commit::done && asExpected_;
  }

  State& ask(const Uuid& id, const RecordedDisk& disk, std::optional<std::string> record) {
    auto& states = history_.at(id);
    states.push_back({disk.count(), kNever, std::move(record)});
    return states.back();
  }

  std::mt19937_64 random_;
  bool cleans_;
  bool asExpected_ = true;
  std::vector<share::Share> living_;
  History history_;
};

struct Findings {
  int cuts = 0;
  int lost = 0;     // an answered change is not there, or one that was undone is
  int torn = 0;     // a record that never was
  int refused = 0;  // the store does not open, or not all of it is a sound database
};

void compare(const ShareStore& store, const History& history, std::size_t moment, Findings& findings) {
  for (const auto& [id, states] : history) {
    std::optional<std::string> record;
    try {
      if (const share::SharePointer found = store.find(id)) record = recordOf(*found);
    } catch (const StoreError&) {
      ++findings.torn;
      continue;
    }
    const auto is = [&](const State& state) { return state.record == record; };
    if (std::none_of(states.begin(), states.end(), is)) {
      ++findings.torn;
      continue;
    }
    // The last answered one holds, and so may all that were asked for after it.
    auto first = states.end();
    for (auto state = states.begin(); state != states.end(); ++state) {
      if (state->answered <= moment) first = state;
    }
    const auto last =
        std::find_if(first, states.end(), [&](const State& state) { return state.asked > moment; });
    if (std::none_of(first, last, is)) ++findings.lost;
  }
}

// So short a log is folded in all the time, beside the writer.
constexpr std::size_t kShortLog = std::size_t{32} << 10;

// Loads, cut again and again: each begins with what the cut of the one before has left.
struct Trial {
  Durability durability;
  PowerCut::Flushes flushes = PowerCut::Flushes::honest;
  std::size_t logBytes = SqliteStore::kLogBytes;
  int loads = 3;
  int cutsOfEach = 20;
};

Findings run(const Trial& trial, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Findings findings;
  std::vector<Worker> workers;
  for (int i = 0; i < kThreads; ++i) workers.emplace_back(random(), i == 0);
  Files files;
  for (int load = 0; load < trial.loads; ++load) {
    const TemporaryFolder folder;
    for (const auto& [name, bytes] : files) writeAll(folder / name, bytes);
    std::vector<DiskEvent> events;
    {
      RecordedDisk disk;
      {
        SqliteStore store(folder / kName, trial.durability, SqliteStore::kCacheBytes, trial.logBytes,
                          kRecentRows);
        for (Worker& worker : workers) worker.goOnFrom(store);
        contract::inThreads(kThreads, [&](int i) { workers[static_cast<std::size_t>(i)].work(store, disk); });
      }
      events = disk.events();
    }
    for (const Worker& worker : workers) REQUIRE(worker.asExpected());

    std::vector<std::size_t> moments;
    for (int i = 0; i < trial.cutsOfEach; ++i) moments.push_back(random() % (events.size() + 1));
    std::sort(moments.begin(), moments.end());
    const std::size_t next = random() % moments.size();
    PowerCut cut(files, trial.flushes);
    std::size_t followed = 0;
    for (std::size_t i = 0; i < moments.size(); ++i) {
      for (; followed < moments[i]; ++followed) cut.follow(events[followed]);
      const Files left = cut.filesLeft(random);
      if (i == next) files = left;
      const TemporaryFolder after;
      for (const auto& [name, bytes] : left) writeAll(after / name, bytes);
      const RecordedDisk disk;  // so that looking need not wait for a real one
      ++findings.cuts;
      const int damagesBefore = findings.torn + findings.refused;
      try {
        {
          const SqliteStore store(after / kName, trial.durability);
          for (const Worker& worker : workers) compare(store, worker.history(), moments[i], findings);
        }
        checkSqliteStore(after / kName);
        SqliteConnection database(after / kName, SqliteConnection::Mode::readOnly);
        if (database.queryText("PRAGMA integrity_check") != "ok") ++findings.refused;
      } catch (const StoreError&) {
        ++findings.refused;
      }
      // A store need not find damage when it is opened, and no load goes on from it.
      if (i == next && findings.torn + findings.refused > damagesBefore) files.clear();
    }
  }
  return findings;
}

Findings runAll(Trial trial, std::uint64_t firstSeed, int seeds) {
  Findings all;
  for (int i = 0; i < seeds; ++i) {
    trial.logBytes = i % 2 == 0 ? SqliteStore::kLogBytes : kShortLog;
    const Findings one = run(trial, firstSeed + static_cast<std::uint64_t>(i));
    all.cuts += one.cuts;
    all.lost += one.lost;
    all.torn += one.torn;
    all.refused += one.refused;
  }
  return all;
}

void checkFull(int seeds) {
  const Findings findings = runAll({Durability::full}, 1, seeds);
  CHECK(findings.cuts == seeds * 60);
  CHECK(findings.lost == 0);
  CHECK(findings.torn == 0);
  CHECK(findings.refused == 0);
}

void checkOs(int seeds) {
  const Findings findings = runAll({Durability::os}, 1, seeds);
  CHECK(findings.torn == 0);
  CHECK(findings.refused == 0);
  CHECK(findings.lost > 0);  // or these cuts are too gentle to prove anything
}

}  // namespace

TEST_CASE("with durability full a power cut takes no answered change, at whatever moment") {
  checkFull(2);
}

TEST_CASE("with durability os a power cut takes the latest changes at most, never the database") {
  checkOs(2);
}

TEST_CASE("a disk that ignores flushes is found out: the power cuts are hard enough") {
  const Findings findings = runAll({Durability::full, PowerCut::Flushes::ignored}, 1, 2);
  CHECK(findings.lost + findings.refused > 0);
}

TEST_CASE("many power cuts, durability full", "[.long]") {
  checkFull(250);
}

TEST_CASE("many power cuts, durability os", "[.long]") {
  checkOs(250);
}

}  // namespace tigress::store
