// The one door to Catch2: version 2 (Debian 12, Ubuntu 24.04 has 3) and version 3 spell their headers differently.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
