// Diagnostics for programs and for GitHub Actions.
#include "cli/diagnostics.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "cli/indented_json.hpp"
#include "golden_files.hpp"

using namespace corsd;

namespace {

config::Loaded one_problem(std::string name, config::Diagnostic diagnostic) {
    config::Loaded loaded;
    loaded.sources.emplace_back(std::move(name), "a\n");
    loaded.diagnostics.push_back(std::move(diagnostic));
    return loaded;
}

}  // namespace

TEST_CASE("diagnostics as JSON and as workflow commands") {
    const config::Loaded loaded = cli::load_golden("broken.yaml");
    cli::check_golden("broken.json", cli::indented_json(cli::diagnostics_as_json(loaded)));
    cli::check_golden("broken.github", cli::diagnostics_as_github(loaded));
    CHECK(cli::diagnostics_as_json(loaded).size() == loaded.diagnostics.size());
    const cli::DiagnosticCounts counts = cli::count_diagnostics(loaded);
    CHECK(counts.errors + counts.warnings == loaded.diagnostics.size());
    CHECK(counts.warnings == 2);
}

TEST_CASE("nothing in a message or a file's name ends a workflow command or starts another") {
    config::Diagnostic diagnostic;
    diagnostic.code = "code";
    diagnostic.message = "100%: a,b\r\n::error::x";
    diagnostic.fix = "50%";
    diagnostic.span = {0, 1, 1, 1};
    const std::string got = cli::diagnostics_as_github(one_problem("a,b:c%\n.yaml", diagnostic));
    CHECK(
        got ==
        "::error file=a%2Cb%3Ac%25?.yaml,line=1,col=1,endColumn=2,title=code::100%25: a,b??::error::x%0Afix: 50%25\n");
}

TEST_CASE("what is nowhere has no line, and what is no UTF-8 does not get into JSON") {
    config::Diagnostic diagnostic;
    diagnostic.severity = config::Severity::warning;
    diagnostic.code = "code";
    diagnostic.message = "bad \xff";
    const config::Loaded loaded = one_problem("f\xff.yaml", diagnostic);
    CHECK(cli::diagnostics_as_github(loaded) == "::warning file=f?.yaml,title=code::bad ?\n");
    const boost::json::array all = cli::diagnostics_as_json(loaded);
    REQUIRE(all.size() == 1);
    const boost::json::object& one = all[0].as_object();
    CHECK(one.at("file").as_string() == "f?.yaml");
    CHECK(one.at("message").as_string() == "bad ?");
    for (const char* key : {"line", "column", "end_line", "end_column", "fix", "related"})
        CHECK(one.at(key).is_null());
}
