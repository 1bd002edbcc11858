#include "cli/run.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <map>

#include "cli/commands.hpp"

namespace corsd::cli {

namespace {

struct Options {
    ConfigChoice choice;
    bool print_config = false;
    CheckChoice check;
    std::string health_file;
    ImportChoice import_choice;
    ExplainChoice explain_choice;
    TestChoice test_choice;
    SchemaFormat schema_format = SchemaFormat::json;
};

CLI::App* add_run(CLI::App& app, Options& options) {
    CLI::App* const run =
        app.add_subcommand("run", "Serve: with a configuration file, or in the quick form without one");
    CLI::Option* const file = run->add_option("-c,--config", options.choice.file, "Configuration file (YAML)");
    CLI::Option* const upstream = run->add_option("--upstream", options.choice.upstream,
                                                  "Quick form: the server to guard, http://HOST:PORT or unix:/PATH");
    CLI::Option* const origins = run->add_option("--allow-origin", options.choice.origins,
                                                 "Quick form: an origin whose pages may use it; repeat for more");
    CLI::Option* const listen =
        run->add_option("--listen", options.choice.listen, "Quick form: the address to listen on")
            ->capture_default_str();
    CLI::Option* const print = run->add_flag("--print-config", options.print_config,
                                             "Quick form: print the file that the options stand for, and exit");
    file->excludes(upstream)->excludes(origins)->excludes(listen)->excludes(print);
    upstream->needs(origins);
    origins->needs(upstream);
    listen->needs(upstream);
    print->needs(upstream);
    return run;
}

CLI::App* add_check(CLI::App& app, CheckChoice& choice) {
    static const std::map<std::string, CheckFormat> kFormats{
        {"text", CheckFormat::text}, {"json", CheckFormat::json}, {"github", CheckFormat::github}};
    CLI::App* const check = app.add_subcommand("check", "Say what is wrong with a configuration file");
    check->add_option("-c,--config", choice.file, "Configuration file (YAML)")->required();
    CLI::Option* const format =
        check
            ->add_option("--format", choice.format,
                         "text (the default), json for programs, github for annotations of GitHub Actions")
            ->transform(CLI::CheckedTransformer(kFormats))
            ->option_text("text | json | github");
    check->add_flag("--strict", choice.strict, "Exit with 3 for warnings too");
    CLI::Option* const explain = check->add_flag(
        "--explain", choice.explain,
        "Print which hosts each site answers, the order of its resources, and each one's effective policy");
    check->callback([format, explain, &choice] {
        if (choice.format == CheckFormat::github && explain->count() > 0) {
            throw CLI::ExcludesError(explain->get_name(), format->get_name() + " github");
        }
    });
    return check;
}

CLI::App* add_import(CLI::App& app, ImportChoice& choice) {
    CLI::App* const verb = app.add_subcommand("import", "Print the configuration that stands for another program's");
    verb->require_subcommand(1);
    CLI::App* const flask_cors =
        verb->add_subcommand("flask-cors", "Flask-CORS, from the JSON that scripts/flask-cors-export.py prints");
    flask_cors->add_option("FILE", choice.file, "The export (JSON)")->required();
    flask_cors->add_option("--listen", choice.listen, "The address to listen on")->capture_default_str();
    flask_cors->add_option("--upstream", choice.upstream, "Where the application is")->capture_default_str();
    flask_cors->add_option("--public-origin", choice.public_origin, "What browsers call it, https://api.example.com");
    return flask_cors;
}

CLI::App* add_schema(CLI::App& app, SchemaFormat& format) {
    static const std::map<std::string, SchemaFormat> kFormats{
        {"json", SchemaFormat::json}, {"markdown", SchemaFormat::markdown}, {"man", SchemaFormat::man}};
    CLI::App* const schema = app.add_subcommand("schema", "Print what a configuration file may hold");
    schema->add_option("--format", format, "json (JSON Schema, for editors), markdown or man (corsd.yaml(5))")
        ->transform(CLI::CheckedTransformer(kFormats))
        ->option_text("json | markdown | man");
    return schema;
}

CLI::App* add_explain(CLI::App& app, ExplainChoice& choice) {
    CLI::App* const verb = app.add_subcommand("explain", "Say how a request is judged, why, and what would allow it");
    verb->add_option("-c,--config", choice.file, "Configuration file (YAML)")->required();
    CLI::Option* const url =
        verb->add_option("URL", choice.url, "What is asked for: an address, or a path of the site");
    CLI::Option* const origin =
        verb->add_option("-o,--origin", choice.origin, "The origin of the page that asks; without it, no page does");
    CLI::Option* const method = verb->add_option("-X,--method", choice.method, "GET if not given");
    CLI::Option* const header = verb->add_option("-H,--header", choice.headers,
                                                 "A header that the page's script sets, 'Name: value'; repeat for more")
                                    ->allow_extra_args(false);
    verb->add_option("--credentials", choice.credentials, "The credentials mode of fetch()")
        ->check(CLI::IsMember({"include", "same-origin", "omit"}))
        ->option_text("include | same-origin | omit");
    verb->add_flag("--websocket", choice.websocket, "The page opens a WebSocket");
    CLI::Option* const curl =
        verb->add_option("--curl", choice.curl, "A curl command, as browsers' \"Copy as cURL\" gives it");
    verb->add_option("--har", choice.har, "What the Network tab of a browser saved")
        ->excludes(curl)
        ->excludes(url)
        ->excludes(origin)
        ->excludes(method)
        ->excludes(header)
        ->excludes("--credentials")
        ->excludes("--websocket");
    curl->excludes(url)->excludes(method)->excludes(header);
    verb->add_flag_callback(
        "--json", [&choice] { choice.format = ExplainFormat::json; }, "The same as JSON");
    verb->footer("Exit codes: 0 allowed, 1 refused, 2 wrong usage, 3 a configuration with errors.");
    return verb;
}

CLI::App* add_test(CLI::App& app, TestChoice& choice) {
    CLI::App* const verb = app.add_subcommand("test", "Judge cases of your own by a configuration, as in CI");
    verb->add_option("-c,--config", choice.file, "Configuration file (YAML)")->required();
    verb->add_option("--junit", choice.junit, "Write the results there as well, as JUnit XML");
    verb->add_option("CASES", choice.cases, "The cases (YAML)")->required();
    verb->footer("Exit codes: 0 all as expected, 1 one is not, 2 wrong usage, 3 a file with errors.");
    return verb;
}

}  // namespace

int run(int argc, char** argv) try {
    CLI::App app{"corsd, a CORS-enforcing reverse proxy", "corsd"};
    app.set_version_flag("--version", "corsd " CORSD_VERSION);
    app.require_subcommand(1);
    Options options;
    CLI::App* const run = add_run(app, options);
    CLI::App* const check_command = add_check(app, options.check);
    CLI::App* const health_command =
        app.add_subcommand("health", "Ask a running corsd, by its status listener, whether it is ready");
    health_command->add_option("-c,--config", options.health_file, "Configuration file (YAML)")->required();
    CLI::App* const import_command = add_import(app, options.import_choice);
    CLI::App* const explain_command = add_explain(app, options.explain_choice);
    CLI::App* const test_command = add_test(app, options.test_choice);
    CLI::App* const schema_command = add_schema(app, options.schema_format);
    app.footer("Exit codes: 0 success, 1 failure at run time, 2 wrong usage, 3 a configuration with errors.");
    try {
        app.parse(argc, argv);
        if (run->parsed() && options.choice.file.empty() && options.choice.upstream.empty()) {
            throw CLI::RequiredError("run: either --config FILE, or --upstream URL and --allow-origin ORIGIN");
        }
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? kSuccess : kUsage;
    }
    if (check_command->parsed()) return check(options.check);
    if (schema_command->parsed()) return print_schema(options.schema_format);
    if (explain_command->parsed()) return explain(options.explain_choice);
    if (test_command->parsed()) return test_policy(options.test_choice);
    if (import_command->parsed()) return import_flask_cors(options.import_choice);
    if (health_command->parsed()) return health(options.health_file);
    return options.print_config ? print_config(options.choice) : run_daemon(options.choice);
} catch (const std::exception& error) {
    std::fprintf(stderr, "corsd: %s\n", error.what());
    return kFailure;
}

}  // namespace corsd::cli
