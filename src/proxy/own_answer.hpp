// The heads and bodies of what corsd answers itself (N13, N20, N22, N42). No I/O: the proxy sends them, `corsd explain`
// shows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cors/verdict.hpp"
#include "proxy/answer_head.hpp"

namespace corsd::proxy {

struct OwnProblem {
    std::uint16_t status;
    Reason reason;
    std::string_view detail;
    const cors::Grants* grants;  // null: nothing to grant
};

/// N42: one form for everything that corsd says itself. `body` is overwritten; the framing is for a request that is not
/// HEAD.
void compose_problem(AnswerHead& head, std::string& body, const OwnProblem& problem, std::string_view date);

/// The answer to a preflight that the verdict answers.
void compose_preflight(AnswerHead& head, const cors::Verdict& verdict, std::string_view date);

}  // namespace corsd::proxy
