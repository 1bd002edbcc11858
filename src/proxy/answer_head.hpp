// The head of an answer to a client before it becomes bytes. No I/O: what composes answers is shared with explanations.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/field.hpp"
#include "http/head.hpp"

namespace corsd::proxy {

struct NameValue {
    std::string_view name, value;
};

/// The head of an answer as it shall leave: fields passed on from an upstream, and fields of corsd's own. Views must
/// live until the call it is given to has been awaited.
struct AnswerHead {
    static constexpr std::size_t kMaxOwn = 14;

    std::uint16_t status = 0;
    std::string_view reason_phrase;
    /// none: no body (HEAD, 204, 304, 1xx); length: known; chunked or until_close: of unknown length, framed as the
    /// client's protocol does.
    http::Framing framing;
    /// For an answer without a body that has a Content-Length all the same (HEAD, 304).
    std::string_view content_length;
    std::span<const http::Field> passed;

    void add(std::string_view name, std::string_view value) noexcept {
        assert(own_count < kMaxOwn);
        own[own_count++] = {name, value};
    }
    std::array<NameValue, kMaxOwn> own{};
    std::size_t own_count = 0;
};

}  // namespace corsd::proxy
