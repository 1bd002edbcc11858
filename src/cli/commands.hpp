// The verbs of the command line, one file each. Each returns an exit code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace corsd::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;  // at run time: a busy port, a log that cannot be opened
inline constexpr int kUsage = 2;
inline constexpr int kBadConfig = 3;

/// Where the configuration comes from: a file, or the options of the quick form.
struct ConfigChoice {
    std::string file;
    std::string upstream;              // quick form
    std::vector<std::string> origins;  // quick form
    std::string listen = "127.0.0.1:8080";
};

/// What `corsd import` reads, and what it cannot know from there.
struct ImportChoice {
    std::string file;
    std::string listen = "127.0.0.1:8080";
    std::string upstream = "http://127.0.0.1:5000";
    std::string public_origin;
};

enum class ExplainFormat : std::uint8_t { text, json };

/// The request that `corsd explain` is asked about.
struct ExplainChoice {
    std::string file;
    std::string url, origin, method;
    std::vector<std::string> headers;  // "Name: value"
    std::string credentials;           // a credentials mode of fetch(), or nothing
    bool websocket = false;
    std::string curl;  // a command, in place of url, method and headers
    std::string har;   // a file, in place of all that
    ExplainFormat format = ExplainFormat::text;
};

/// For editors, for docs/configuration.md, for man.
enum class SchemaFormat : std::uint8_t { json, markdown, man };

/// What `corsd check` says, and for whom: people, programs, or the annotations of GitHub Actions.
enum class CheckFormat : std::uint8_t { text, json, github };

struct CheckChoice {
    std::string file;
    CheckFormat format = CheckFormat::text;
    bool strict = false;   // warnings count as errors
    bool explain = false;  // what the file comes to, too
};

/// What `corsd test` judges, and by what.
struct TestChoice {
    std::string file;   // the configuration
    std::string cases;  // a YAML list
    std::string junit;  // where to write the results for CI; may be empty
};

int run_daemon(const ConfigChoice& choice);
int print_config(const ConfigChoice& choice);
/// Says everything that is wrong with a file. Text goes to standard error but for what the file comes to; the other
/// formats go to standard output, which then holds nothing else.
int check(const CheckChoice& choice);
/// Says how a request is judged and what to change: kSuccess when it is allowed, kFailure when it is refused.
int explain(const ExplainChoice& choice);
/// Judges cases of the users' own: kSuccess when all come out as expected, kFailure when one does not, kBadConfig for
/// mistakes in either file.
int test_policy(const TestChoice& choice);
/// Prints the schema of the configuration file.
int print_schema(SchemaFormat format);
/// Asks the status listener that the file names: kSuccess when the process is ready, kFailure for everything else.
int health(const std::string& file);
/// Prints the YAML that stands for what scripts/flask-cors-export.py wrote, with comments where the two differ.
int import_flask_cors(const ImportChoice& choice);

}  // namespace corsd::cli
