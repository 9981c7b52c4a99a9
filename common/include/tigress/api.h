#pragma once

/// What programs may call of a shared libtigress: all else in it is hidden from them, and free to change.
/// Also for C.
#define TIGRESS_API __attribute__((visibility("default")))
/// A part of something public that is hidden all the same.
#define TIGRESS_LOCAL __attribute__((visibility("hidden")))
