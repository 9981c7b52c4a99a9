#pragma once

// The one place that includes Catch2, so that it can be precompiled.
#include <catch2/catch.hpp>
