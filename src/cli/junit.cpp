#include "cli/junit.hpp"

#include <algorithm>
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <sstream>

#include "config/diagnostic.hpp"

namespace corsd::cli {

std::string junit(const std::vector<TestResult>& results, const std::string& file) {
    using Tree = boost::property_tree::ptree;
    const auto failed =
        std::count_if(results.begin(), results.end(), [](const TestResult& one) { return !one.passed; });
    Tree suite;
    suite.put("<xmlattr>.name", config::printable(file));
    suite.put("<xmlattr>.tests", results.size());
    suite.put("<xmlattr>.failures", failed);
    suite.put("<xmlattr>.errors", 0);
    for (const TestResult& one : results) {
        Tree test;
        test.put("<xmlattr>.name", config::printable(one.name));
        test.put("<xmlattr>.classname", "corsd.policy");
        test.put("<xmlattr>.file", config::printable(file));
        test.put("<xmlattr>.line", one.line);
        if (!one.passed) {
            std::string text;
            for (const std::string& line : one.details)
                text.append(config::printable(line)).append("\n");
            Tree failure(text);
            failure.put("<xmlattr>.message", config::printable(one.failure));
            test.add_child("failure", failure);
        }
        suite.add_child("testcase", test);
    }
    Tree root;
    root.add_child("testsuites.testsuite", suite);
    std::ostringstream out;
    boost::property_tree::write_xml(out, root, boost::property_tree::xml_writer_settings<std::string>(' ', 2));
    std::string text = out.str();
    if (!text.ends_with('\n')) text += '\n';
    return text;
}

}  // namespace corsd::cli
