// Sets of method names and of header names, as a policy lists them. Immutable; any thread may ask; lookups allocate
// nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace corsd::cors {

/// Fetch section 2.2.1, "forbidden method": CONNECT, TRACE and TRACK in any case (N24).
[[nodiscard]] bool is_forbidden_method(std::string_view method) noexcept;

/// Method names in the file's order, case-sensitive (N23), or any.
class MethodSet {
  public:
    MethodSet() = default;
    /// "*" alone means any method.
    explicit MethodSet(std::vector<std::string> names);

    [[nodiscard]] bool any() const noexcept { return any_; }
    /// The names in the order given, without repetitions; empty when any().
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
    /// Exactly this name is listed; any() is not considered, nor that HEAD goes with GET (N31).
    [[nodiscard]] bool lists(std::string_view name) const noexcept;

  private:
    std::vector<std::string> names_;
    bool any_ = false;
};

/// Header names, case-insensitive, and/or any.
class HeaderSet {
  public:
    HeaderSet() = default;
    /// "*" among the names means any header but Authorization, which must be named (N17).
    explicit HeaderSet(std::vector<std::string> names);

    [[nodiscard]] bool any() const noexcept { return any_; }
    /// Lower-case, sorted, each once, without "*".
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
    [[nodiscard]] bool names_authorization() const noexcept { return authorization_; }
    /// The name is listed, in any case of letters; any() is not considered.
    [[nodiscard]] bool lists(std::string_view name) const noexcept;
    /// The name is listed, or covered by "*".
    [[nodiscard]] bool allows(std::string_view name) const noexcept;

  private:
    std::vector<std::string> names_;
    bool any_ = false, authorization_ = false;
};

}  // namespace corsd::cors
