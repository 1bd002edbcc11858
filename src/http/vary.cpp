#include "http/vary.hpp"

#include <cstddef>

#include "base/ascii.hpp"
#include "http/list.hpp"

namespace corsd::http {

namespace {

/// Beyond this many names a merge would cost more than it is worth.
constexpr std::size_t kMaxNames = 128;

/// Appends to the list that starts at `from`.
class ListWriter {
  public:
    explicit ListWriter(std::string& out) : out_(out), from_(out.size()) {}

    [[nodiscard]] bool full() const noexcept { return count_ >= kMaxNames; }

    /// False when the list is full: then nothing was appended.
    bool add(std::string_view name) {
        if (has_token(std::string_view{out_}.substr(from_), name)) return true;
        if (full()) return false;
        if (out_.size() > from_) out_ += ", ";
        out_ += name;
        ++count_;
        return true;
    }

    void replace(std::string_view value) {
        out_.resize(from_);
        out_ += value;
    }

  private:
    std::string& out_;
    std::size_t from_;
    std::size_t count_ = 0;
};

}  // namespace

void append_merged_vary(std::string& out, const std::vector<Field>& upstream, std::string_view ours) {
    ListWriter list{out};
    bool everything = false;
    const auto take = [&](std::string_view name) {
        // A list too long to merge says, near enough, that the answer varies by everything.
        everything = name == "*" || !list.add(name);
        return !everything;
    };
    for (const auto& field : upstream) {
        if (field.id == FieldId::vary && !everything) for_each_element(field.value, take);
    }
    if (!everything) for_each_element(ours, take);
    if (everything) list.replace("*");
}

void append_merged_expose(std::string& out, const std::vector<Field>& upstream, std::string_view ours) {
    ListWriter list{out};
    const auto take = [&](std::string_view name) { return list.add(name); };
    for_each_element(ours, take);
    for (const auto& field : upstream) {
        if (field.id == FieldId::access_control_expose_headers) for_each_element(field.value, take);
    }
}

}  // namespace corsd::http
