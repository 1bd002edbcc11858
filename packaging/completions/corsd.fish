# fish completion for corsd(8)

set -l verbs run check explain test health schema import
set -l none "not __fish_seen_subcommand_from $verbs"

complete -c corsd -f
complete -c corsd -s h -l help -d 'Print what there is, and exit'
complete -c corsd -n $none -l version -d 'Print the version, and exit'
complete -c corsd -n $none -a run -d 'Serve, with a configuration file or in the quick form'
complete -c corsd -n $none -a check -d 'Say what is wrong with a configuration file'
complete -c corsd -n $none -a explain -d 'Say how a request is judged, why, and what would allow it'
complete -c corsd -n $none -a test -d 'Judge cases of your own by a configuration'
complete -c corsd -n $none -a health -d 'Ask a running corsd whether it is ready'
complete -c corsd -n $none -a schema -d 'Print what a configuration file may hold'
complete -c corsd -n $none -a import -d 'Print the configuration that stands for another program\'s'

complete -c corsd -n '__fish_seen_subcommand_from run check explain test health' -s c -l config -r -F -d 'Configuration file'
complete -c corsd -n '__fish_seen_subcommand_from run' -l upstream -x -d 'The server to guard: http://HOST:PORT or unix:/PATH'
complete -c corsd -n '__fish_seen_subcommand_from run' -l allow-origin -x -d 'An origin whose pages may use it'
complete -c corsd -n '__fish_seen_subcommand_from run' -l listen -x -d 'The address to listen on'
complete -c corsd -n '__fish_seen_subcommand_from run' -l print-config -d 'Print the file that the options stand for, and exit'
complete -c corsd -n '__fish_seen_subcommand_from check' -l format -x -a 'text json github' -d 'For people, programs or GitHub Actions'
complete -c corsd -n '__fish_seen_subcommand_from check' -l strict -d 'Exit with 3 for warnings too'
complete -c corsd -n '__fish_seen_subcommand_from check' -l explain -d 'Print hosts, order of resources and effective policies'
set -l explaining '__fish_seen_subcommand_from explain'
complete -c corsd -n $explaining -s o -l origin -x -d 'The origin of the page that asks'
complete -c corsd -n $explaining -s X -l method -x -a 'GET HEAD POST PUT PATCH DELETE OPTIONS' -d 'GET if not given'
complete -c corsd -n $explaining -s H -l header -x -d 'A header that the page\'s script sets'
complete -c corsd -n $explaining -l credentials -x -a 'include same-origin omit' -d 'The credentials mode of fetch()'
complete -c corsd -n $explaining -l websocket -d 'The page opens a WebSocket'
complete -c corsd -n $explaining -l curl -x -d 'A curl command, as browsers\' "Copy as cURL" gives it'
complete -c corsd -n $explaining -l har -r -F -d 'What the Network tab of a browser saved'
complete -c corsd -n $explaining -l json -d 'The same as JSON'
complete -c corsd -n '__fish_seen_subcommand_from test' -F
complete -c corsd -n '__fish_seen_subcommand_from test' -l junit -r -F -d 'Write the results there as well, as JUnit XML'
complete -c corsd -n '__fish_seen_subcommand_from schema' -l format -x -a 'json markdown man' -d 'For editors, documents or man'

set -l importing '__fish_seen_subcommand_from import; and not __fish_seen_subcommand_from flask-cors'
complete -c corsd -n $importing -a flask-cors -d 'From what scripts/flask-cors-export.py prints'
complete -c corsd -n '__fish_seen_subcommand_from flask-cors' -F
complete -c corsd -n '__fish_seen_subcommand_from flask-cors' -l listen -x -d 'The address to listen on'
complete -c corsd -n '__fish_seen_subcommand_from flask-cors' -l upstream -x -d 'Where the application is'
complete -c corsd -n '__fish_seen_subcommand_from flask-cors' -l public-origin -x -d 'What browsers call it'
