# the user's credentials; see /usr/lib/dewar/credentials
if [ -r "$HOME/.env" ]; then . "$HOME/.env"; fi
