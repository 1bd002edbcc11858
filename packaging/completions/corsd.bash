# bash completion for corsd(8)

_corsd() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' word offered=''
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            run | check | explain | test | health | schema | import | flask-cors) verb=$word ;;
        esac
    done
    COMPREPLY=()
    case $prev in
        -c | --config | --har | --junit)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return ;;
        --format)
            [[ $verb == check ]] && offered='text json github' || offered='json markdown man'
            mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$cur")
            return ;;
        --credentials)
            mapfile -t COMPREPLY < <(compgen -W 'include same-origin omit' -- "$cur")
            return ;;
        -X | --method)
            mapfile -t COMPREPLY < <(compgen -W 'GET HEAD POST PUT PATCH DELETE OPTIONS' -- "$cur")
            return ;;
        --upstream | --allow-origin | --listen | --public-origin | -o | --origin | -H | --header | --curl) return ;;
    esac
    case $verb in
        '') offered='run check explain test health schema import --help --version -h' ;;
        run) offered='--config --upstream --allow-origin --listen --print-config --help -c -h' ;;
        check) offered='--config --format --strict --explain --help -c -h' ;;
        explain) offered='--config --origin --method --header --credentials --websocket --curl --har --json --help -c -o -X -H -h' ;;
        test) offered='--config --junit --help -c -h' ;;
        health) offered='--config --help -c -h' ;;
        schema) offered='--format --help -h' ;;
        import) offered='flask-cors --help -h' ;;
        flask-cors) offered='--listen --upstream --public-origin --help -h' ;;
    esac
    if [[ ($verb == flask-cors || $verb == test) && $cur != -* ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$cur")
}
complete -F _corsd corsd
