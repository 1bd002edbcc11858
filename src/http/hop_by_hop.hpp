// Fields that end at this hop (RFC 9110 section 7.6.1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/field.hpp"

namespace corsd::http {

/// The names that the Connection lines of a message list, but for a lone "keep-alive". Views into the message; clear()
/// keeps the capacity.
class ConnectionNames {
  public:
    void read(const std::vector<Field>& fields);
    /// One value of Connection, beside what was read.
    void read(std::string_view value);
    /// The names as one value of Connection, for when the message's own bytes are gone. Appends.
    void copy_to(std::string& out) const;
    /// Is the field hop-by-hop: by its own name, or because Connection names it? Fields that a sender may not remove
    /// that way (Host, Content-Length, Origin, Cookie, Authorization, Sec-Fetch-*, ACR*, ACA*, Vary, Forwarded,
    /// X-Forwarded-*, …: those that decide policy or framing) stay.
    [[nodiscard]] bool removes(const Field& field) const noexcept;
    [[nodiscard]] bool has(std::string_view lower_name) const noexcept;

  private:
    std::vector<std::string_view> names_;
};

}  // namespace corsd::http
