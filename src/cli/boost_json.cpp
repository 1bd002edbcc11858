// Boost.JSON, compiled here: the headers are all that the build asks of Boost.
#include <boost/json/src.hpp>
