// What each shell needs to ask the program. The shells differ in how they cut words at '=', in how
// they show a candidate's help, and in who completes paths.
#include <algorithm>
#include <array>

#include "tools/completion.h"

namespace oplocksim::tools {
namespace {

struct Script {
    std::string_view shell;
    std::string_view text;
};

constexpr std::string_view kBash = R"script(# bash completion for oplocksim: asks the program itself.
# Load it with: source <(oplocksim completion bash)
_oplocksim() {
    # bash cuts words at '=' and ':'; put them together again, up to the cursor.
    local -a words=()
    local index word joins=
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ $word == [=:] && index -gt 1 ]]; then
            words[-1]+=$word
            joins=1
        elif [[ -n $joins && index -gt 1 ]]; then
            words[-1]+=$word
            joins=
        else
            words+=("$word")
        fi
    done
    local current=${words[-1]} cut=
    if [[ $current == *=* && $COMP_WORDBREAKS == *=* ]]; then cut=${current%"${current##*=}"}; fi
    if [[ ${current#"$cut"} == *:* && $COMP_WORDBREAKS == *:* ]]; then
        cut=${current%"${current##*:}"}
    fi
    local -a answer
    mapfile -t answer < <(command "${words[0]}" completion candidates -- "${words[@]:1}" \
        2>/dev/null)
    local row
    COMPREPLY=()
    case ${answer[0]-} in
        files*)
            local before=${answer[0]#files}
            before=${before# }
            compopt -o filenames
            while IFS= read -r row; do
                row=$before$row
                COMPREPLY+=("${row#"$cut"}")
            done < <(compgen -f -- "${current#"$before"}")
            ;;
        words)
            for row in "${answer[@]:1}"; do
                row=${row%%$'\t'*}
                COMPREPLY+=("${row#"$cut"}")
            done
            if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi
            ;;
    esac
}
complete -F _oplocksim oplocksim
)script";

constexpr std::string_view kZsh = R"script(#compdef oplocksim
# zsh completion for oplocksim: asks the program itself.
# Put it into a folder of $fpath as _oplocksim, or: source <(oplocksim completion zsh)
_oplocksim() {
    local -a answer finished finished_shown open open_shown
    local row shown before
    answer=("${(@f)$(command "${words[1]}" completion candidates -- \
        "${(@)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    case ${answer[1]} in
        files*)
            before=${${answer[1]#files}# }
            if [[ -n $before ]]; then compset -P "${(b)before}"; fi
            _files
            ;;
        words)
            for row in "${(@)answer[2,-1]}"; do
                shown=${row/$'\t'/  -- }
                row=${row%%$'\t'*}
                if [[ $row == *= ]]; then
                    open+=("$row")
                    open_shown+=("$shown")
                else
                    finished+=("$row")
                    finished_shown+=("$shown")
                fi
            done
            (( ${#finished} )) && compadd -l -d finished_shown -a finished
            (( ${#open} )) && compadd -S '' -l -d open_shown -a open
            ;;
    esac
}
if [[ ${funcstack[1]} == _oplocksim ]]; then
    _oplocksim "$@"
else
    compdef _oplocksim oplocksim
fi
)script";

constexpr std::string_view kFish = R"script(# fish completion for oplocksim: asks the program itself.
# Load it with: oplocksim completion fish | source
function __oplocksim_candidates
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l current (commandline -ct)
    set -l answer (command $program completion candidates -- $words "$current" 2>/dev/null)
    switch "$answer[1]"
        case 'files*'
            set -l before (string replace -r '^files ?' '' -- "$answer[1]")
            set -l path (string sub -s (math 1 + (string length -- "$before")) -- "$current")
            for one in (__fish_complete_path "$path")
                echo -- "$before$one"
            end
        case words
            set -e answer[1]
            string join \n -- $answer
    end
end
complete -c oplocksim -f -a '(__oplocksim_candidates)'
)script";

constexpr std::array kScripts{Script{"bash", kBash}, Script{"zsh", kZsh}, Script{"fish", kFish}};

}  // namespace

std::optional<std::string_view> completion_script(std::string_view shell) {
    const auto* found = std::ranges::find(kScripts, shell, &Script::shell);
    if (found == kScripts.end()) return std::nullopt;
    return found->text;
}

std::vector<std::string_view> completion_shells() {
    std::vector<std::string_view> shells;
    for (const Script& one : kScripts) shells.push_back(one.shell);
    return shells;
}

}  // namespace oplocksim::tools
