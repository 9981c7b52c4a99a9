#pragma once

#include <stdexcept>

namespace tigress::store {

/// The store is broken or cannot be opened. The message says what happened and what to do; it holds no
/// share identifier and no content.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// There is no room for what was to be stored; what is stored is unharmed.
class StoreFull : public StoreError {
 public:
  using StoreError::StoreError;
};

/// The file is damaged, or was never a database.
class StoreDamaged : public StoreError {
 public:
  using StoreError::StoreError;
};

}  // namespace tigress::store
