#include "cli/run.hpp"

int main(int argc, char** argv) {
    return corsd::cli::run(argc, argv);
}
