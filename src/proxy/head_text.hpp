// Writing heads: appends to a text that keeps its capacity.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "http/field.hpp"
#include "http/problem.hpp"
#include "proxy/answer_head.hpp"

namespace corsd::proxy {

/// A head that is being written. Like std::string, but that an append is a bound check and a copy, and literals are
/// copied by a few moves of known size: a head is some forty small appends.
class HeadText {
  public:
    void clear() noexcept { size_ = 0; }
    [[nodiscard]] std::string_view view() const noexcept { return {bytes_.get(), size_}; }
    operator std::string_view() const noexcept { return view(); }

    HeadText& append(std::string_view text) {
        text.copy(extend(text.size()), text.size());
        return *this;
    }
    template <std::size_t kSize>
    HeadText& append(const char (&literal)[kSize]) {
        std::memcpy(extend(kSize - 1), literal, kSize - 1);
        return *this;
    }
    HeadText& append_number(std::uint64_t number) {
        std::array<char, 20> digits;
        const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return append(std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
    }

  private:
    /// Where `size` more bytes go. Throws only std::bad_alloc.
    char* extend(std::size_t size) {
        if (capacity_ - size_ < size || bytes_ == nullptr) grow(size);
        char* const at = bytes_.get() + size_;
        size_ += size;
        return at;
    }
    void grow(std::size_t size) {
        const std::size_t capacity = std::max<std::size_t>(2 * capacity_, size_ + size + 1024);
        std::unique_ptr<char[]> bytes(new char[capacity]);
        if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
        bytes_ = std::move(bytes);
        capacity_ = capacity;
    }

    std::unique_ptr<char[]> bytes_;
    std::size_t size_ = 0, capacity_ = 0;
};

inline void append_field(HeadText& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

/// `start` is the field up to its value: "Name: ".
template <std::size_t kSize>
void append_line(HeadText& out, const char (&start)[kSize], std::string_view value) {
    out.append(start).append(value).append("\r\n");
}

inline void append_content_length(HeadText& out, std::uint64_t length) {
    out.append("Content-Length: ").append_number(length).append("\r\n");
}

inline void append_status_line(HeadText& out, std::uint16_t status, std::string_view phrase) {
    out.append("HTTP/1.1 ").append_number(status).append(" ");
    out.append(phrase.empty() ? http::reason_phrase(status) : phrase).append("\r\n");
}

/// Fields as received. Lines in canonical form that stand side by side are copied as one piece.
inline void append_passed_fields(HeadText& out, std::span<const http::Field> fields) {
    const char* run = nullptr;
    const char* run_end = nullptr;
    const auto flush = [&] {
        if (run != nullptr) out.append(std::string_view{run, static_cast<std::size_t>(run_end - run)});
        run = nullptr;
    };
    for (const http::Field& field : fields) {
        if (field.form != http::LineForm::canonical) {
            flush();
            append_field(out, field.name, field.value);
            continue;
        }
        const char* const line = field.name.data();
        if (run == nullptr || line != run_end) {
            flush();
            run = line;
        }
        run_end = field.value.data() + field.value.size() + 2;  // with its CRLF
    }
    flush();
}

/// The status line and the fields of an answer: all but its framing and what belongs to the connection.
inline void append_answer_head(HeadText& out, const AnswerHead& head) {
    append_status_line(out, head.status, head.reason_phrase);
    append_passed_fields(out, head.passed);
    for (const NameValue& field : std::span(head.own).first(head.own_count))
        append_field(out, field.name, field.value);
}

}  // namespace corsd::proxy
