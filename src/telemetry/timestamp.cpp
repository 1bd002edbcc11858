#include "telemetry/timestamp.hpp"

#include <algorithm>
#include <cstring>

namespace corsd::telemetry {

namespace {

void put_digits(char* out, unsigned value, std::size_t width) noexcept {
    for (std::size_t index = width; index-- > 0; value /= 10)
        out[index] = static_cast<char>('0' + value % 10);
}

}  // namespace

void Timestamp::set_second(std::int64_t second) noexcept {
    using namespace std::chrono;
    second_ = second;
    constexpr std::int64_t kFirst = -62167219200;  // 0000-01-01T00:00:00Z
    constexpr std::int64_t kLast = 253402300799;   // 9999-12-31T23:59:59Z
    const sys_seconds time{seconds{std::clamp(second, kFirst, kLast)}};
    const sys_days day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::memcpy(text_.data(), "0000-00-00T00:00:00.000000Z", kSize);
    put_digits(text_.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
    put_digits(text_.data() + 5, static_cast<unsigned>(date.month()), 2);
    put_digits(text_.data() + 8, static_cast<unsigned>(date.day()), 2);
    put_digits(text_.data() + 11, static_cast<unsigned>(clock.hours().count()), 2);
    put_digits(text_.data() + 14, static_cast<unsigned>(clock.minutes().count()), 2);
    put_digits(text_.data() + 17, static_cast<unsigned>(clock.seconds().count()), 2);
}

char* Timestamp::write(char* out, std::chrono::system_clock::time_point when) noexcept {
    using namespace std::chrono;
    const auto since_epoch = floor<microseconds>(when.time_since_epoch());
    const auto second = floor<seconds>(since_epoch);
    if (second.count() != second_) set_second(second.count());
    std::memcpy(out, text_.data(), kSize);
    put_digits(out + 20, static_cast<unsigned>((since_epoch - second).count()), 6);
    return out + kSize;
}

}  // namespace corsd::telemetry
