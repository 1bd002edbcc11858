#compdef corsd
# zsh completion for corsd(8)

_corsd() {
    local curcontext=$curcontext state line ret=1
    local -A opt_args
    local -a verbs=(
        'run:serve, with a configuration file or in the quick form'
        'check:say what is wrong with a configuration file'
        'explain:say how a request is judged, why, and what would allow it'
        'test:judge cases of your own by a configuration'
        'health:ask a running corsd whether it is ready'
        'schema:print what a configuration file may hold'
        "import:print the configuration that stands for another program's"
    )
    local -a help=('(- *)'{-h,--help}'[print what there is, and exit]')
    local -a config=('(-c --config)'{-c,--config}'[configuration file]:configuration file:_files -g "*.y(a|)ml(-.)"')

    _arguments -C $help '(- *)--version[print the version, and exit]' '1: :->verb' '*:: :->rest' && ret=0
    case $state in
        verb) _describe -t commands 'corsd command' verbs && ret=0 ;;
        rest)
            curcontext=${curcontext%:*:*}:corsd-$words[1]:
            case $words[1] in
                run)
                    local quick='--upstream --allow-origin --listen --print-config'
                    _arguments $help "(-c --config $quick)"{-c,--config}'[configuration file]:configuration file:_files' \
                        '(-c --config)--upstream[the server to guard]:http\://HOST\:PORT or unix\:/PATH:' \
                        '(-c --config)*--allow-origin[an origin whose pages may use it]:origin:' \
                        '(-c --config)--listen[the address to listen on]:HOST\:PORT:' \
                        '(-c --config)--print-config[print the file that the options stand for, and exit]' && ret=0 ;;
                check)
                    _arguments $help $config '--format[for people, programs or GitHub Actions]:format:(text json github)' \
                        '--strict[exit with 3 for warnings too]' \
                        '--explain[print hosts, order of resources and effective policies]' && ret=0 ;;
                explain)
                    _arguments $help $config '(-o --origin)'{-o,--origin}'[the origin of the page that asks]:origin:' \
                        '(-X --method)'{-X,--method}'[GET if not given]:method:(GET HEAD POST PUT PATCH DELETE OPTIONS)' \
                        '*'{-H,--header}"[a header that the page's script sets]:Name\: value:" \
                        '--credentials[the credentials mode of fetch()]:mode:(include same-origin omit)' \
                        '--websocket[the page opens a WebSocket]' "--curl[a command, as browsers' Copy as cURL gives it]:command:" \
                        '--har[what the Network tab of a browser saved]:HAR file:_files' '--json[the same as JSON]' \
                        '1:URL or path:' && ret=0 ;;
                test)
                    _arguments $help $config '--junit[write the results there as well, as JUnit XML]:file:_files' '1:cases (YAML):_files' && ret=0 ;;
                health) _arguments $help $config && ret=0 ;;
                schema) _arguments $help '--format[for editors, documents or man]:format:(json markdown man)' && ret=0 ;;
                import)
                    _arguments -C $help '1: :((flask-cors\:"from what scripts/flask-cors-export.py prints"))' '*:: :->flask' && ret=0
                    if [[ $state == flask ]]; then
                        _arguments $help '--listen[the address to listen on]:HOST\:PORT:' \
                            '--upstream[where the application is]:http\://HOST\:PORT or unix\:/PATH:' \
                            '--public-origin[what browsers call it]:origin:' '1:export (JSON):_files' && ret=0
                    fi ;;
            esac ;;
    esac
    return ret
}

_corsd "$@"
